/**
 * Writes what the schemas say into the documentation: the pages of docs/reference, and the tables in the packages' READMEs,
 * between marks such as
 *
 *     <!-- plugins -->            every plugin of the README's own package
 *     <!-- options source csv --> the options of one plugin
 *     <!-- spec loader -->        what a spec says under that name
 *     <!-- end -->
 *
 * With `--check` it writes nothing, names each table and page that is not what the schemas say, each plugin without a table or
 * an example, and exits 1.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { referencePages } from "./reference/pages.mjs";
import { pluginsByPackage } from "./reference/plugins.mjs";
import { optionTable, pluginTable, specTable, titleOf } from "./reference/tables.mjs";

const check = process.argv.includes("--check");
const faults = [];
const packages = await pluginsByPackage();
for (const { folder, plugins } of packages) {
  const file = `${folder}/README.md`;
  const before = readFileSync(file, "utf8");
  keep(file, before, withTables(file, before, plugins));
}
const reference = referencePages(packages);
faults.push(...reference.faults);
for (const [file, text] of reference.pages)
  keep(file, existsSync(file) ? readFileSync(file, "utf8") : "", text);
for (const name of existsSync("docs/reference") ? readdirSync("docs/reference") : []) {
  const file = `docs/reference/${name}`;
  if (reference.pages.has(file)) continue;
  if (check) faults.push(`${file}: no schema says it; run npm run docs`);
  else rmSync(file);
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`option tables: ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;

function withTables(file, text, plugins) {
  // Groups are in no spec, and have no options.
  const missing = new Set(plugins.filter(({ kind }) => kind !== "group").map(titleOf));
  const written = text.replace(
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
  return written;
}

function keep(file, before, after) {
  if (after === before) return;
  if (check) faults.push(`${file}: is not what the schemas say; run npm run docs`);
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, after);
  }
}
