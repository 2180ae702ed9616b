/** `--set path=value`: values of a command line in a spec's tree. */
import { MillraceError } from "../errors.js";
import { nodeOf, type Place, type SpecNode } from "./tree.js";

/** What is a list though the spec may not have it yet. */
const lists = new Set(["plugins", "sources", "transforms"]);

/** One `--set path=value`. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
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

/** The same tree with the override's value. @throws MillraceError OPTION_INVALID where its path leads nowhere. */
export function override(root: SpecNode, { path, value }: Override): SpecNode {
  const place: Place = { words: `--set ${path.join(".")}` };
  return put(root, path, 0, nodeOf(value, place), place);
}

function put(
  node: SpecNode | undefined,
  path: readonly string[],
  depth: number,
  made: SpecNode,
  place: Place,
): SpecNode {
  if (depth === path.length) return made;
  const key = path[depth];
  if (node === undefined) {
    const isList = depth === 1 && lists.has(path[0]);
    node = isList ? { kind: "list", at: place, items: [] } : { kind: "object", at: place, fields: new Map() };
  }
  if (node.kind === "object") {
    const field = node.fields.get(key);
    const value = put(field?.value, path, depth + 1, made, place);
    return {
      ...node,
      fields: new Map(node.fields).set(key, {
        key: depth === path.length - 1 ? place : (field?.key ?? place),
        value,
      }),
    };
  }
  const name = path.slice(0, depth).join(".") || "the spec";
  if (node.kind === "scalar")
    throw nowhere(
      path,
      `${name} is not an object or array`,
      "Set the whole object at once with a JSON value.",
    );
  const { items } = node;
  const position = Number(key);
  if (!/^\d+$/.test(key) || position > items.length)
    throw nowhere(
      path,
      `${name} is a list of ${items.length}, which has no "${key}"`,
      "Name a position from 0, or the one after the last to add an entry.",
    );
  return { ...node, items: items.toSpliced(position, 1, put(items[position], path, depth + 1, made, place)) };
}

function nowhere(path: readonly string[], reason: string, hint: string): MillraceError {
  return new MillraceError("OPTION_INVALID", `--set ${path.join(".")}: ${reason}`, { hint });
}
