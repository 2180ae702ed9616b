/** Tables of plugins and options in Markdown, from the schemas: of the READMEs, and of the reference's pages. */
import { describeOptions, pluginKinds, Registry, specSchema } from "@millrace/core/spec";
import { z } from "zod";

export function titleOf({ kind, name }) {
  return `${kind} ${name}`;
}

export function pluginTable(plugins) {
  const rows = plugins.map(({ kind, name, summary }) => [kind, `\`${name}\``, summary]);
  return table(["kind", "name", "what it does"], rows);
}

/** What a spec says under one of its names; plugins there are named, not unfolded. */
export function specTable(part) {
  return optionTable({ options: specShape()[part] });
}

/** The options of one plugin, without what is in them. */
export function optionTable({ options }) {
  const rows = describeOptions(options).map((option) => [
    code(option.name),
    option.type,
    usual(option),
    words(option.about),
  ]);
  return rows.length === 0 ? "It has no options.\n" : table(["option", "type", "default", "meaning"], rows);
}

/**
 * The options of a schema, and behind them a table for each object among them, however deep.
 * @param before what stands before the name of such an object, and what behind it
 */
export function deepTables(options, [before, behind] = ["**", "**"]) {
  const described = describeOptions(options);
  const shown = new Set();
  return described.length === 0 ? "It has no options.\n" : tablesOf(described, "", { shown, before, behind });
}

/** `page.shown` has the tables that this plugin's have had already: several choices may share one. */
function tablesOf(described, prefix, page) {
  const rows = described.map((option) => [
    code(option.name),
    option.type,
    usual(option),
    words(option.bounds ?? ""),
    words(option.about),
  ]);
  const inner = described.flatMap((option) =>
    (option.parts ?? []).map((part) => partTables(`${prefix}${option.name}${part.at}`, part, page)),
  );
  return [table(["option", "type", "default", "bounds", "meaning"], rows), ...inner]
    .filter(Boolean)
    .join("\n");
}

function partTables(place, { when, about, options }, page) {
  const content = JSON.stringify([place, when, options]);
  if (page.shown.has(content)) return "";
  page.shown.add(content);
  const named = when === undefined ? code(place) : `${code(place)} with ${code(when)}`;
  const title = `${page.before}${named}${page.behind}`;
  const told = about === "" ? "" : page.behind === "" ? `\n\n${sentence(about)}` : `: ${words(about)}`;
  return `${title}${told}\n\n${tablesOf(options, `${place}.`, page)}`;
}

/** What a spec may say, with one plugin of each kind that has no options of its own. */
export function specShape() {
  const registry = new Registry();
  for (const kind of pluginKinds)
    registry.add({ kind, name: "NAME", summary: "", options: z.strictObject({}), create: () => undefined });
  return specSchema(registry).shape;
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

function usual({ required, default: value }) {
  if (value !== undefined) return code(value);
  return required ? "required" : "";
}

/** Text for people as Markdown: what looks like a tag, outside of code, would be taken for HTML. */
function words(text) {
  const parts = text.split(/(`[^`]*`)/);
  return parts
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll(/<(?=[a-z/])/gi, "\\<").replaceAll("*", "\\*")))
    .join("");
}

/** Words as a sentence of their own. */
export function sentence(text) {
  return `${text[0].toUpperCase()}${words(text.slice(1))}.`;
}

function code(text) {
  return `\`${text}\``;
}
