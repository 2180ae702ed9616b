/** YAML 1.2 with its core schema as a spec's tree: anchors and aliases, merge keys, and no tags of one's own. */
import type { Alias, Document, Node, YAMLError, YAMLMap } from "yaml";
import { MillraceError } from "../errors.js";
import { mostDepth, tooDeep, twice } from "./json.js";
import {
  type Field,
  type ParsedText,
  placeText,
  type Scalar,
  type SourceText,
  type SpecNode,
} from "./tree.js";
import { yaml } from "./yaml-library.js";

/** Values that a text may have once its aliases are put in: a few lines of aliases of aliases could make billions. */
const mostValues = 100_000;

/** Faults shown of one text: most of those that follow the first come of it. */
const mostShown = 10;

/** @throws MillraceError SPEC_SYNTAX */
export function parseYaml(source: SourceText): ParsedText {
  const { text } = source;
  const document = yaml().parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
  });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    // Whatever follows a thing in the wrong place is in the wrong place too.
    const stray = errors.findIndex(({ code }) => code === "UNEXPECTED_TOKEN");
    const told = stray < 0 ? errors : errors.slice(0, stray + 1);
    throw refused(
      source,
      told.map((error) => [error.pos[0], sentence(error)]),
    );
  }
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== "1.2")
    throw refused(source, [[0, `a spec is YAML 1.2, not ${version.version}`]]);
  if (document.contents === null) {
    const what = text.trim() === "" ? "the file is empty" : "the file has nothing but comments";
    throw refused(source, [[0, what]], "A spec begins with a key, such as `source:`.");
  }
  const walk = new Walk(source, document);
  return { root: walk.tree(document.contents, ""), faults: walk.faults };
}

/** From the nodes of a document to a tree. */
class Walk {
  readonly faults: string[] = [];
  readonly #source: SourceText;
  readonly #document: Document.Parsed;
  /** The anchors whose content is being read: an alias to one of them would never end. */
  readonly #within = new Set<Node>();
  #values = 0;
  #depth = 0;

  constructor(source: SourceText, document: Document.Parsed) {
    this.#source = source;
    this.#document = document;
  }

  tree(node: Node, path: string): SpecNode {
    if (++this.#depth > mostDepth) throw this.#fault(startOf(node), tooDeep);
    try {
      return this.#tree(node, path);
    } finally {
      this.#depth--;
    }
  }

  #tree(node: Node, path: string): SpecNode {
    if (yaml().isAlias(node)) return this.#aliased(node, (target) => this.tree(target, path));
    const offset = startOf(node);
    if (++this.#values > mostValues)
      throw this.#fault(offset, `a spec has at most ${mostValues} values, aliases put in`);
    this.#requirePlain(node);
    const at = { source: this.#source, offset };
    if (yaml().isSeq(node)) {
      const items = node.items.map((item, i) => this.tree(item as Node, `${path}[${i}]`));
      return { kind: "list", at, items };
    }
    if (yaml().isMap(node)) return { kind: "object", at, fields: this.#fields(node, path) };
    const { value } = node as { readonly value: unknown };
    return { kind: "scalar", at, value: typeof value === "bigint" ? Number(value) : (value as Scalar) };
  }

  #fields(map: YAMLMap, path: string): Map<string, Field> {
    const fields = new Map<string, Field>();
    const first = new Map<string, number>();
    const merged: Node[] = [];
    for (const { key, value } of map.items) {
      const offset = startOf(key as Node);
      const name = this.#nameOf(key as Node, offset);
      const own = path === "" ? name : `${path}.${name}`;
      const before = first.get(name);
      if (before !== undefined) this.faults.push(twice(this.#source, own, offset, before));
      first.set(name, before ?? offset);
      if (name === "<<" && isPlain(key)) merged.push(value as Node);
      else
        fields.set(name, { key: { source: this.#source, offset }, value: this.#valueOf(value, own, offset) });
    }
    for (const each of merged) this.#mergeInto(fields, each, path);
    return fields;
  }

  /** `key:` with nothing behind it is null, where the key stands. */
  #valueOf(value: unknown, path: string, offset: number): SpecNode {
    const at = { source: this.#source, offset };
    return value === null ? { kind: "scalar", at, value: null } : this.tree(value as Node, path);
  }

  /** `<<: *defaults`: the keys of another map that are not here already. */
  #mergeInto(fields: Map<string, Field>, node: Node, path: string): void {
    if (yaml().isAlias(node)) return this.#aliased(node, (target) => this.#mergeInto(fields, target, path));
    if (yaml().isSeq(node)) {
      for (const item of node.items) this.#mergeInto(fields, item as Node, path);
      return;
    }
    if (!yaml().isMap(node))
      throw this.#fault(startOf(node), "<< takes a map, an alias of one, or a list of these");
    for (const [name, field] of this.#fields(node, path)) if (!fields.has(name)) fields.set(name, field);
  }

  #aliased<T>(alias: Alias, read: (target: Node) => T): T {
    const offset = startOf(alias);
    const target = alias.resolve(this.#document);
    if (target === undefined)
      throw this.#fault(offset, `there is no anchor &${alias.source} before this alias`);
    if (this.#within.has(target))
      throw this.#fault(offset, `the alias *${alias.source} stands within its own anchor`);
    this.#within.add(target);
    try {
      return read(target);
    } finally {
      this.#within.delete(target);
    }
  }

  #nameOf(key: Node, offset: number): string {
    if (yaml().isAlias(key)) return this.#aliased(key, (target) => this.#nameOf(target, offset));
    if (!yaml().isScalar(key)) throw this.#fault(offset, "a key is text, not a list or a map");
    return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
  }

  #requirePlain(node: Node): void {
    const { tag } = node as { readonly tag?: string };
    if (tag === undefined || coreTags.has(tag)) return;
    const shown = tag.replace(/^tag:yaml\.org,2002:/, "!!");
    throw this.#fault(startOf(node), `the tag ${shown} is not for a spec, whose values are those of JSON`);
  }

  #fault(offset: number, sentence: string): MillraceError {
    return refused(this.#source, [[offset, sentence]]);
  }
}

const coreTags = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

function isPlain(key: unknown): boolean {
  return yaml().isScalar(key) && key.type === "PLAIN";
}

function startOf(node: Node): number {
  // An anchor's content begins behind the anchor.
  return node.range?.[0] ?? (yaml().isCollection(node) ? startOf(node.items[0] as Node) : 0);
}

/** Faults in the order of their places, one a line. */
function refused(
  { name, text, ...source }: SourceText,
  found: readonly (readonly [offset: number, sentence: string])[],
  hint = "Indent by spaces; put text with `: `, ` #` or brackets into quotes.",
): MillraceError {
  const lines = new Set<number>();
  const firsts = found.filter(([offset]) => {
    const start = text.lastIndexOf("\n", offset - 1);
    return !lines.has(start) && lines.add(start);
  });
  const details = firsts.map(
    ([offset, sentence]) => `${placeText({ source: { ...source, name, text }, offset })} ${sentence}`,
  );
  const more = details.length - mostShown;
  const shown = more > 0 ? [...details.slice(0, mostShown), `and ${more} more lines`] : details;
  return new MillraceError("SPEC_SYNTAX", `${name} is not valid YAML`, { details: shown, hint });
}

function sentence({ code, message }: YAMLError): string {
  if (code === "TAB_AS_INDENT") return "indentation is by spaces, not by tabs";
  if (code === "MULTIPLE_DOCS") return "a spec is one document, and here another one begins";
  if (code === "TAG_RESOLVE_FAILED") {
    const tag = message.replace(/^Unresolved tag: /, "").replace(/^tag:yaml\.org,2002:/, "!!");
    return `the tag ${tag} is not for a spec, whose values are those of JSON`;
  }
  // The parser's own stack has an end.
  if (message.includes("call stack")) return tooDeep;
  return sentences[code] ?? sentences[message] ?? message.charAt(0).toLowerCase() + message.slice(1);
}

/** What a parser's codes and messages mean to whoever wrote the text. */
const sentences: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: "this value is followed by a key, in its line or indented below it",
  MULTILINE_IMPLICIT_KEY:
    "a key ends in a colon in its own line: one is missing, or what stands below is indented by mistake",
  UNEXPECTED_TOKEN: "this does not go with what stands before it: look at the indentation and the brackets",
  "All mapping items must start at the same column": "the keys of one object are indented alike",
  "Implicit map keys need to be followed by map values": "a key ends in a colon, which is missing",
  "A sequence is not allowed as an implicit key": "a list stands where a key must stand",
  "All sequence items must start at the same column": "the entries of one list are indented alike",
  "Flow map in block collection must be sufficiently indented and end with a }":
    "a } is missing, or what stands in the braces is not indented",
  "Flow sequence in block collection must be sufficiently indented and end with a ]":
    "a ] is missing, or what stands in the brackets is not indented",
  "Block collections are not allowed within flow collections":
    "within braces and brackets entries are divided by commas, not by lines",
  "Missing , or : between flow map items": "a comma or a colon is missing between entries in braces",
  'Missing closing "quote': "this text has no closing quote",
  "Missing closing 'quote": "this text has no closing quote",
  "Sequence item without - indicator": "an entry of a list begins with a dash",
  "A block sequence may not be used as an implicit map key":
    "an entry of a list stands where a key must stand",
};
