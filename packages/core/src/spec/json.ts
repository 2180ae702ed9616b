/** JSON with comments and trailing commas as a spec's tree. */
import { createScanner, type Node, type ParseError, parseTree } from "jsonc-parser";
import { jsonHint, notJson, syntaxError } from "./syntax.js";
import {
  type Field,
  type ParsedText,
  placeText,
  position,
  type Scalar,
  type SourceText,
  type SpecNode,
} from "./tree.js";

/** @throws MillraceError SPEC_SYNTAX */
export function parseJson(source: SourceText): ParsedText {
  refuseDeep(source);
  const errors: ParseError[] = [];
  const root = parseTree(source.text, errors, { allowTrailingComma: true });
  if (root === undefined || errors.length > 0)
    throw syntaxError(source.text, source.name, errors, (offset) => placeText({ source, offset }));
  const faults: string[] = [];
  return { root: treeOf(root, "", { source, faults }), faults };
}

/** Brackets within each other: what is read one within the other must end before the stack does. */
export const mostDepth = 100;
export const tooDeep = `a spec nests at most ${mostDepth} deep`;

/** @throws MillraceError SPEC_SYNTAX */
function refuseDeep(source: SourceText): void {
  const { text } = source;
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let offset = 0; offset < text.length; offset = scanner.getTokenOffset()) {
    scanner.scan();
    const first = text[scanner.getTokenOffset()];
    if (first === "{" || first === "[") depth++;
    else if (first === "}" || first === "]") depth--;
    if (depth > mostDepth) {
      const place = placeText({ source, offset: scanner.getTokenOffset() });
      throw notJson(source.name, [`${place} ${tooDeep}`], jsonHint);
    }
  }
}

interface Reading {
  readonly source: SourceText;
  readonly faults: string[];
}

function treeOf(node: Node, path: string, reading: Reading): SpecNode {
  const { source, faults } = reading;
  const at = { source, offset: node.offset };
  const children = node.children ?? [];
  if (node.type === "array")
    return { kind: "list", at, items: children.map((item, i) => treeOf(item, `${path}[${i}]`, reading)) };
  if (node.type !== "object") return { kind: "scalar", at, value: node.value as Scalar };
  const fields = new Map<string, Field>();
  const first = new Map<string, number>();
  for (const { children: [key, value] = [] } of children) {
    const name = String(key.value);
    const own = path === "" ? name : `${path}.${name}`;
    const before = first.get(name);
    if (before !== undefined) faults.push(twice(source, own, key.offset, before));
    else first.set(name, key.offset);
    fields.set(name, { key: { source, offset: key.offset }, value: treeOf(value, own, reading) });
  }
  return { kind: "object", at, fields };
}

/** A key that stands twice in one object, of which most readers would take the last in silence: at its second place. */
export function twice(source: SourceText, path: string, offset: number, before: number): string {
  const first = position(source.text, before);
  return `${placeText({ source, offset })} ${path}: must stand once in an object, but stands at ${first} already`;
}
