/** The text of a spec as a tree whose nodes know their line and column; overrides from a command line on top. */
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findNodeAtLocation, getNodeValue, type Node, parseTree, type ParseError } from "jsonc-parser";
import { MillraceError } from "../errors.js";
import { decodeSpec } from "./decode.js";
import { syntaxError } from "./syntax.js";

/** A spec that was read but not checked. */
export interface SpecText {
  /** How messages name it: the path as the user gave it. */
  readonly name: string;
  readonly url: URL;
  /** The value, overrides applied. */
  readonly value: unknown;
  /** What is wrong with the text itself, though it could be read: keys that stand twice. Each with its position. */
  readonly faults: readonly string[];
  /** `spec.json:12:17` of the node at `path`, of its nearest ancestor if it is not there, or `--set …` if it came from there. */
  locate(path: readonly PropertyKey[]): string;
  /** The same for the key itself, where it is the key that is wrong. */
  locateKey(path: readonly PropertyKey[]): string;
}

/** One `--set path=value`. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Reads JSON with comments and trailing commas. @throws MillraceError SPEC_NOT_FOUND or SPEC_SYNTAX. */
export async function readSpec(path: string, overrides: readonly Override[] = []): Promise<SpecText> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new MillraceError(
      "SPEC_NOT_FOUND",
      missing
        ? `there is no spec at ${path}`
        : `the spec ${path} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
        hint: "Give the path of a JSON spec.",
      },
    );
  }
  return parseSpecText(decodeSpec(bytes, path, position), path, pathToFileURL(path), overrides);
}

export function parseSpecText(
  marked: string,
  name: string,
  url: URL,
  overrides: readonly Override[] = [],
): SpecText {
  const errors: ParseError[] = [];
  // A byte order mark is not JSON, but editors write it.
  const text = marked.replace(/^\uFEFF/, "");
  const placeOf = (offset: number): string => `${name}:${position(text, offset)}`;
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (root === undefined || errors.length > 0) throw syntaxError(text, name, errors, placeOf);
  const value: unknown = getNodeValue(root);
  for (const override of overrides) set(value, override);
  const place = (path: readonly PropertyKey[], part: "key" | "value") =>
    overrideAt(path, overrides) ?? placeOf(nodeAt(root, path, part).offset);
  return {
    name,
    url,
    value,
    faults: duplicateKeys(root, (offset) => position(text, offset)).map((fault) => `${name}:${fault}`),
    locate: (path) => place(path, "value"),
    locateKey: (path) => place(path, "key"),
  };
}

/** `path=value`: dots between keys, numbers for positions; the value is JSON, or else a plain string. */
export function parseOverride(text: string): Override {
  const at = text.indexOf("=");
  if (at <= 0) {
    throw new MillraceError("OPTION_INVALID", `--set needs path=value, was "${text}"`, {
      hint: "For example --set trainer.with.epochs=3.",
    });
  }
  const raw = text.slice(at + 1);
  let value: unknown = raw;
  try {
    value = JSON.parse(raw);
  } catch {
    // Not JSON: the text itself is the value, so that names need no quotes.
  }
  return { path: text.slice(0, at).split("."), value };
}

function set(root: unknown, { path, value }: Override): void {
  let node = root as Record<string, unknown>;
  path.forEach((key, depth) => {
    if (typeof node !== "object" || node === null) {
      throw new MillraceError(
        "OPTION_INVALID",
        `--set ${path.join(".")}: ${path.slice(0, depth).join(".") || "the spec"} is not an object or array`,
        { hint: "Set the whole object at once with a JSON value." },
      );
    }
    if (depth === path.length - 1) {
      Object.defineProperty(node, key, { value, enumerable: true, configurable: true, writable: true });
      return;
    }
    if (!Object.hasOwn(node, key)) {
      Object.defineProperty(node, key, { value: {}, enumerable: true, configurable: true, writable: true });
    }
    node = node[key] as Record<string, unknown>;
  });
}

function overrideAt(path: readonly PropertyKey[], overrides: readonly Override[]): string | undefined {
  const words = path.map(String);
  const override = overrides.findLast(({ path: set }) => set.every((key, i) => words[i] === key));
  return override && `--set ${override.path.join(".")}`;
}

/** The node at a path, or its nearest ancestor. */
function nodeAt(root: Node, path: readonly PropertyKey[], part: "key" | "value"): Node {
  for (let depth = path.length; depth > 0; depth--) {
    const node = findNodeAtLocation(root, path.slice(0, depth) as (string | number)[]);
    if (node === undefined) continue;
    return part === "key" && node.parent?.type === "property" ? node.parent : node;
  }
  return root;
}

/** `line:column` of an offset, both from 1. */
function position(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return `${line}:${offset - (before.lastIndexOf("\n") + 1) + 1}`;
}

/** Keys that stand twice in one object, of which JSON would take the last in silence: each at its second place. */
function duplicateKeys(node: Node, at: (offset: number) => string, path = ""): string[] {
  const faults: string[] = [];
  const first = new Map<unknown, Node>();
  for (const [i, child] of (node.children ?? []).entries()) {
    if (node.type === "array") faults.push(...duplicateKeys(child, at, `${path}[${i}]`));
    if (child.type !== "property") continue;
    const [key, value] = child.children ?? [];
    const own = `${path}${path === "" ? "" : "."}${String(key.value)}`;
    const before = first.get(key.value);
    if (before === undefined) first.set(key.value, key);
    else
      faults.push(
        `${at(key.offset)} ${own}: must stand once in an object, but stands at ${at(before.offset)} already`,
      );
    if (value !== undefined) faults.push(...duplicateKeys(value, at, own));
  }
  return faults;
}

/** The path of a file URL, for messages. */
export function pathOf(url: URL): string {
  return url.protocol === "file:" ? fileURLToPath(url) : url.href;
}
