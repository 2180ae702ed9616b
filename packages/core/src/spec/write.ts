/** Specs as text: written whole, and told where their schema is. */
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { yaml } from "./yaml-library.js";

/** How a spec is written. */
export type SpecForm = "json" | "yaml";

export function specFormOf(name: string): SpecForm {
  return /\.ya?ml$/i.test(name) ? "yaml" : "json";
}

/** A value as the text of a spec. */
export function writeSpecText(value: unknown, form: SpecForm): string {
  if (form === "yaml")
    return yaml().stringify(value, { lineWidth: 100, aliasDuplicateObjects: false, version: "1.2" });
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The text with its schema named, by `$schema` or, in YAML, by the comment that editors look for; all else stays as it is. */
export function nameSchema(text: string, name: string, schema: string): string {
  if (specFormOf(name) === "yaml") {
    const line = `# yaml-language-server: $schema=${schema}`;
    const known = /^[ \t]*#[ \t]*yaml-language-server:[ \t]*\$schema=.*$/m;
    if (known.test(text)) return text.replace(known, () => line);
    const [, mark, rest] = /^(\uFEFF?)([\s\S]*)$/.exec(text) ?? ["", "", text];
    return `${mark}${line}\n${rest}`;
  }
  return inObject(text, schema);
}

function inObject(text: string, schema: string): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root?.type !== "object") return text;
  const known = findNodeAtLocation(root, ["$schema"]);
  if (known !== undefined)
    return text.slice(0, known.offset) + JSON.stringify(schema) + text.slice(known.offset + known.length);
  const entry = `"$schema": ${JSON.stringify(schema)}`;
  const start = root.offset + 1;
  if (root.children?.length === 0) return `${text.slice(0, start)} ${entry} ${text.slice(start).trimStart()}`;
  // A comment behind the brace stays there.
  const line = /^[ \t]*(\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/[ \t]*)?(?=(\r?\n))/.exec(text.slice(start));
  if (line === null) return `${text.slice(0, start)} ${entry},${text.slice(start)}`;
  const at = start + line[0].length;
  const indent = /\n([ \t]+)\S/.exec(text.slice(at))?.[1] ?? "  ";
  return `${text.slice(0, at)}${line[2]}${indent}${entry},${text.slice(at)}`;
}
