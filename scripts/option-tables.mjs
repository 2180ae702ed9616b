/**
 * Writes the tables of plugins and options in the packages' READMEs from the schemas, between marks such as
 *
 *     <!-- plugins -->            every plugin of the README's own package
 *     <!-- options source csv --> the options of one plugin
 *     <!-- spec loader -->        what a spec says under that name
 *     <!-- end -->
 *
 * With `--check` it writes nothing, names each table that is not what the schemas say, each plugin without a table, and exits 1.
 */
import { readFileSync, writeFileSync } from "node:fs";
import builtin from "@millrace/core/builtin";
import { describeOptions, Registry, specSchema } from "@millrace/core/spec";

const packages = {
  "packages/core": "@millrace/core/builtin",
  "packages/source-fs": "@millrace/source-fs",
  "packages/source-sql": "@millrace/source-sql",
  "packages/collate-text": "@millrace/collate-text",
  "packages/trainer": "@millrace/trainer",
};

const check = process.argv.includes("--check");
const faults = [];
for (const [folder, name] of Object.entries(packages)) {
  const { default: listed } = await import(name);
  // Services are registered with the plugins, and have no options.
  const plugins = [listed].flat().filter(({ kind }) => kind !== "service");
  const file = `${folder}/README.md`;
  const before = readFileSync(file, "utf8");
  // Groups are in no spec, and have no options.
  const missing = new Set(plugins.filter(({ kind }) => kind !== "group").map(titleOf));
  const after = before.replace(
    /(<!-- (plugins|spec (\S+)|options (\S+) (\S+)) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, open, what, part, kind, title, end) => {
      if (what === "plugins") return `${open}\n${pluginTable(plugins)}\n${end}`;
      if (part !== undefined) return `${open}\n${specTable(part)}\n${end}`;
      const plugin = plugins.find((each) => each.kind === kind && each.name === title);
      if (plugin === undefined) {
        faults.push(`${file}: there is no ${kind} named ${title}`);
        return "";
      }
      missing.delete(titleOf(plugin));
      return `${open}\n${optionTable(plugin)}\n${end}`;
    },
  );
  for (const title of missing) faults.push(`${file}: lacks <!-- options ${title} --> … <!-- end -->`);
  if (after === before) continue;
  if (check) faults.push(`${file}: its tables are not what the schemas say; run npm run docs`);
  else writeFileSync(file, after);
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`option tables: ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;

function titleOf({ kind, name }) {
  return `${kind} ${name}`;
}

function pluginTable(plugins) {
  const rows = plugins.map(({ kind, name, summary }) => [kind, `\`${name}\``, summary]);
  return table(["kind", "name", "what it does"], rows);
}

/** What a spec says under one of its names; plugins there are named, not unfolded. */
function specTable(part) {
  const registry = new Registry();
  for (const plugin of builtin) registry.add(plugin);
  return optionTable({ options: specSchema(registry).shape[part] }).replaceAll(
    /\| object( or object)* \|/g,
    "| plugin |",
  );
}

function optionTable({ options }) {
  const rows = describeOptions(options).map(({ name, type, required, default: usual, about }) => [
    `\`${name}\``,
    type,
    usual !== undefined ? `\`${usual}\`` : required ? "required" : "",
    about,
  ]);
  return rows.length === 0 ? "It has no options.\n" : table(["option", "type", "default", "meaning"], rows);
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}
