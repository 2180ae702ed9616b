/** A spec's values as a tree in which each knows where it stands: in which file, at which line and column. */

/** A text that a person wrote. */
export interface SourceText {
  /** How messages name it: the path as the user gave it. */
  readonly name: string;
  readonly url: URL;
  readonly text: string;
}

/** A place in a text, or the words of a command line. */
export type Place =
  | { readonly source: SourceText; readonly offset: number }
  | { readonly source?: undefined; readonly words: string };

export type Scalar = string | number | boolean | null;

export type SpecNode =
  | { readonly kind: "scalar"; readonly at: Place; readonly value: Scalar }
  | { readonly kind: "list"; readonly at: Place; readonly items: readonly SpecNode[] }
  | ObjectNode;

export interface ObjectNode {
  readonly kind: "object";
  readonly at: Place;
  readonly fields: ReadonlyMap<string, Field>;
}

/** A key with its own place, and what stands there. */
export interface Field {
  readonly key: Place;
  readonly value: SpecNode;
}

/** A text as a tree, and what is wrong with it though it could be read: keys that stand twice. */
export interface ParsedText {
  readonly root: SpecNode;
  /** Each with its position. */
  readonly faults: readonly string[];
}

/** `spec.json:12:17`, or `--set …`. */
export function placeText(place: Place): string {
  if (place.source === undefined) return place.words;
  return `${place.source.name}:${position(place.source.text, place.offset)}`;
}

/** `line:column` of an offset, both from 1. */
export function position(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return `${line}:${offset - (before.lastIndexOf("\n") + 1) + 1}`;
}

/** The plain value of a node. A key such as `__proto__` is one like any other. */
export function valueOf(node: SpecNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(valueOf);
  const made = {};
  for (const [key, { value }] of node.fields) define(made, key, valueOf(value));
  return made;
}

/** Sets a key whatever it is called. */
export function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A value that nobody wrote into a file as a tree. */
export function nodeOf(value: unknown, at: Place): SpecNode {
  if (Array.isArray(value)) return { kind: "list", at, items: value.map((item) => nodeOf(item, at)) };
  if (typeof value !== "object" || value === null) return { kind: "scalar", at, value: value as Scalar };
  const fields = Object.entries(value).map(([key, inner]): [string, Field] => [
    key,
    { key: at, value: nodeOf(inner, at) },
  ]);
  return { kind: "object", at, fields: new Map(fields) };
}

/** What stands under a key or at a position. */
export function childOf(node: SpecNode | undefined, key: PropertyKey): SpecNode | undefined {
  if (node?.kind === "object") return node.fields.get(String(key))?.value;
  return node?.kind === "list" ? node.items[Number(key)] : undefined;
}

/** The place of the node at a path, or of its nearest ancestor; of its key, where the key is asked for. */
export function placeAt(root: SpecNode, path: readonly PropertyKey[], part: "key" | "value"): Place {
  let node = root;
  for (const [depth, key] of path.entries()) {
    const inner = childOf(node, key);
    if (inner === undefined) return node.at;
    if (part === "key" && depth === path.length - 1 && node.kind === "object")
      return node.fields.get(String(key))?.key ?? inner.at;
    node = inner;
  }
  return node.at;
}

/** `transforms[0].with.width` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`))
    .join("");
}

/** Every string with its path. */
export function* stringsIn(
  node: SpecNode,
  path: readonly (string | number)[] = [],
): Generator<{ readonly path: readonly (string | number)[]; readonly text: string; readonly at: Place }> {
  if (node.kind === "scalar") {
    if (typeof node.value === "string") yield { path, text: node.value, at: node.at };
  } else if (node.kind === "list") {
    for (const [i, item] of node.items.entries()) yield* stringsIn(item, [...path, i]);
  } else {
    for (const [key, { value }] of node.fields) yield* stringsIn(value, [...path, key]);
  }
}

/** The same tree with another node at a path that is there. */
export function replaceAt(node: SpecNode, path: readonly PropertyKey[], made: SpecNode): SpecNode {
  const [key, ...rest] = path;
  if (key === undefined) return made;
  if (node.kind === "list") {
    const at = Number(key);
    const items = node.items.map((item, i) => (i === at ? replaceAt(item, rest, made) : item));
    return { ...node, items };
  }
  const field = node.kind === "object" ? node.fields.get(String(key)) : undefined;
  if (node.kind !== "object" || field === undefined) return node;
  const fields = new Map(node.fields).set(String(key), {
    ...field,
    value: replaceAt(field.value, rest, made),
  });
  return { ...node, fields };
}
