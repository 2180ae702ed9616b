/** Changes written into the text of a spec, of which everything else stays as it was: comments, order, spaces. */
import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import type { Document } from "yaml";
import { MillraceError } from "../errors.js";
import { pathText } from "./parse.js";
import { yaml } from "./yaml-library.js";

/** One change. */
export interface SpecEdit {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** True if `path` ends in a position of a list before which the value goes; else it takes the place of what is there. */
  readonly insert?: boolean;
}

/**
 * The text with the edits done, in their order. Objects on the way that are not there are made; lists are not.
 * @throws MillraceError SPEC_SYNTAX for a text that is no spec, OPTION_INVALID for a path that leads through another value.
 */
export function editSpec(text: string, name: string, edits: readonly SpecEdit[]): string {
  const one = /\.ya?ml$/i.test(name) ? editYaml : editJson;
  return edits.reduce((edited, edit) => one(edited, name, edit), text);
}

/** The value as the edits make it. */
export function editValue(value: unknown, edits: readonly SpecEdit[]): unknown {
  return edits.reduce(
    (edited, { path, value: own, insert = false }) => edit(edited, path, own, insert),
    value,
  );
}

function edit(node: unknown, path: SpecEdit["path"], value: unknown, insert: boolean): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(node) && typeof key === "number") {
    if (rest.length === 0 && insert) return node.toSpliced(key, 0, value);
    return node.with(key, edit(node[key], rest, value, insert));
  }
  if (typeof key === "number") return edit([], path, value, insert);
  const own = (node ?? {}) as Readonly<Record<string, unknown>>;
  return { ...own, [key]: edit(own[key], rest, value, insert) };
}

function editYaml(text: string, name: string, { path, value, insert }: SpecEdit): string {
  const document = yaml().parseDocument(text);
  if (document.errors.length > 0) throw unreadable(name, document.errors[0].message);
  try {
    if (insert === true) insertYaml(document, path, value);
    else document.setIn(path, document.createNode(value));
  } catch (cause) {
    throw noWay(name, path, cause);
  }
  return document.toString({ lineWidth: 0 });
}

function insertYaml(document: Document, path: SpecEdit["path"], value: unknown): void {
  const list = document.getIn(path.slice(0, -1), true);
  if (list === undefined) document.setIn(path.slice(0, -1), document.createNode([value]));
  else if (yaml().isSeq(list)) list.items.splice(path.at(-1) as number, 0, document.createNode(value));
  else throw new TypeError("not a list");
}

function editJson(text: string, name: string, { path, value, insert = false }: SpecEdit): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root === undefined) throw unreadable(name, "it is no JSON");
  let depth = path.length - (insert ? 1 : 0);
  const found = findNodeAtLocation(root, path.slice(0, depth));
  if (found !== undefined) {
    if (!insert) return replaced(text, found, value);
    if (found.type !== "array") throw noWay(name, path);
    return added(
      text,
      found,
      path.at(-1) as number,
      json(value, unitOf(text), indentAt(text, found) + unitOf(text)),
    );
  }
  let parent: Node | undefined;
  while (parent === undefined) parent = findNodeAtLocation(root, path.slice(0, --depth));
  const missing = path.slice(depth);
  if (
    parent.type !== "object" ||
    missing.some((key, i) => typeof key === "number" && !(insert && i === missing.length - 1))
  )
    throw noWay(name, path);
  const [key, ...rest] = missing;
  const own = edit(undefined, rest, value, insert);
  const unit = unitOf(text);
  const last = parent.children?.length ?? 0;
  return added(
    text,
    parent,
    last,
    `${JSON.stringify(key)}: ${json(own, unit, indentAt(text, parent) + unit)}`,
  );
}

function replaced(text: string, { offset, length }: Node, value: unknown): string {
  return text.slice(0, offset) + json(value, unitOf(text), "") + text.slice(offset + length);
}

/** `item` as the child of `parent` at `position`, in a line of its own where the others have theirs. */
function added(text: string, parent: Node, position: number, item: string): string {
  const children = parent.children ?? [];
  const isSpread = text.slice(parent.offset, parent.offset + parent.length).includes("\n");
  const indent = children.length > 0 ? indentAt(text, children[0]) : indentAt(text, parent) + unitOf(text);
  const apart = isSpread ? `\n${indent}` : " ";
  const before = children[position - 1];
  if (before === undefined) {
    const at = parent.offset + 1;
    const end = children.length > 0 ? "," : isSpread ? `\n${indentAt(text, parent)}` : " ";
    // What stood in the empty brackets, or before the first child, stays behind it.
    const rest = children.length > 0 ? text.slice(at) : text.slice(at).replace(/^\s*(?=[\]}])/, "");
    return `${text.slice(0, at)}${children.length > 0 && !isSpread ? `${item},` : `${apart}${item}${end}`}${rest}`;
  }
  const end = before.offset + before.length;
  const comma = commaBehind(text, end);
  const behind = comma ?? end;
  // A comment behind the child, in its line, is about the child.
  const line =
    /^[ \t]*(\/\/[^\n]*|\/\*(?:(?!\*\/)[^\n])*\*\/[ \t]*(?=\n))?/.exec(text.slice(behind))?.[0] ?? "";
  const at = isSpread ? behind + line.trimEnd().length : behind;
  const first = comma === undefined ? "," : "";
  const last = comma === undefined ? "" : ",";
  return `${text.slice(0, end)}${first}${text.slice(end, at)}${apart}${item}${last}${text.slice(at)}`;
}

/** Where the comma that follows ends, past comments; undefined where none does. */
function commaBehind(text: string, end: number): number | undefined {
  const gap = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*,/.exec(text.slice(end));
  return gap === null ? undefined : end + gap[0].length;
}

/** The spaces at the start of the line in which a node stands. */
function indentAt(text: string, { offset }: Node): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start))?.[0] ?? "";
}

/** By how much the text is indented, as its first indented line shows. */
function unitOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
}

/** Short values in one line, as people write them; others spread, behind the first line indented by `indent`. */
function json(value: unknown, unit: string, indent: string): string {
  const line = JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");
  const own = line.replaceAll("[ ", "[").replaceAll(" ]", "]");
  return own.length <= 100 ? own : JSON.stringify(value, null, unit).replaceAll("\n", `\n${indent}`);
}

function noWay(name: string, path: SpecEdit["path"], cause?: unknown): MillraceError {
  return new MillraceError("OPTION_INVALID", `${name} has no place for ${pathText(path)}`, {
    cause,
    hint: "What the spec takes from elsewhere has to be changed there.",
  });
}

function unreadable(name: string, why: string): MillraceError {
  return new MillraceError("SPEC_SYNTAX", `${name} cannot be changed: ${why}`);
}
