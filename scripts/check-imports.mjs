/**
 * Checks that whatever bench/, examples/ and scripts/ import by name is there: from the workspace's packages as they are built,
 * from files beside them, and from Node.js. Nothing of it is run. Prints each name that is missing as file:line and exits 1.
 * `node scripts/check-imports.mjs [folder]` checks one folder.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const folders = process.argv.length > 2 ? process.argv.slice(2) : ["bench", "examples", "scripts"];
const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...folders];
const files = execFileSync("git", listed, { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.m?js$/.test(file) && existsSync(file));
const packages = readPackages();

const missing = [];
let checked = 0;
for (const file of files) await checkFile(file);
for (const line of missing) process.stderr.write(`${line}\n`);
process.stdout.write(`imports: ${checked} names in ${files.length} files, ${missing.length} missing\n`);
process.exitCode = missing.length > 0 ? 1 : 0;

async function checkFile(file) {
  const text = readFileSync(file, "utf8");
  for (const { names, from, at } of importsOf(text)) {
    const place = `${file}:${text.slice(0, at).split("\n").length}`;
    const exported = await exportsOf(from, file);
    if (exported === undefined) continue;
    if (typeof exported === "string") missing.push(`${place}: ${exported}`);
    else {
      checked += names.length;
      const gone = names.filter((name) => !exported.has(name));
      missing.push(...gone.map((name) => `${place}: "${from}" has no export ${name}`));
    }
  }
}

/** What a file takes by name: static imports, re-exports, and what is picked from an `await import`. */
function* importsOf(text) {
  for (const { index, groups } of text.matchAll(
    /^(?:import|export)\s+(?<what>[\w$*{}\s,]+?)\s+from\s+["'](?<from>[^"']+)["']/gm,
  )) {
    yield { names: namesOf(groups.what, /\s+as\s+/), from: groups.from, at: index };
  }
  for (const { index, groups } of text.matchAll(
    /(?<what>\{[\w$:\s,]*\})\s*=\s*await\s+import\(\s*["'](?<from>[^"']+)["']/g,
  )) {
    yield { names: namesOf(groups.what, /\s*:\s*/), from: groups.from, at: index };
  }
}

/** The names before `renaming`, "default" for one without braces; none for a whole namespace. */
function namesOf(what, renaming) {
  const braced = /\{([^}]*)\}/.exec(what)?.[1] ?? "";
  const alone = what
    .replace(/\{[^}]*\}/, "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => /^[\w$]+$/.test(part));
  return [
    ...alone.map(() => "default"),
    ...braced
      .split(",")
      .map((part) => part.trim().split(renaming)[0])
      .filter(Boolean),
  ];
}

/** The names that a module exports; a text where there is no such module; undefined for packages of others. */
async function exportsOf(from, file) {
  if (from.startsWith("node:")) return new Set(["default", ...Object.keys(await import(from))]);
  if (from.startsWith(".")) {
    const path = normalize(join(dirname(file), from));
    return existsSync(path) ? namesExportedBy(path) : `there is no ${path}`;
  }
  const [, name, door] = /^(@millrace\/[^/]+)(.*)$/.exec(from) ?? [];
  if (name === undefined) return undefined;
  const found = packages.get(name);
  if (found === undefined) return `the workspace has no package ${name}`;
  const target = found.exports[`.${door}`];
  const path = typeof target === "string" ? target : target?.default;
  if (path === undefined) return `${name} has no entry ".${door}"`;
  const built = join(found.folder, path);
  return existsSync(built) ? namesExportedBy(built) : `${built} is not built`;
}

/** Read from the text, as the compiler and the formatter write it. */
function namesExportedBy(path) {
  if (!/\.m?js$/.test(path)) return undefined;
  const text = readFileSync(path, "utf8");
  const names = new Set();
  for (const [, name] of text.matchAll(
    /^export\s+(?:async\s+)?(?:function\s*\*?|class|const|let|var)\s+([\w$]+)/gm,
  )) {
    names.add(name);
  }
  for (const [, list] of text.matchAll(/^export\s+(?:const|let|var)\s+\{([^}]*)\}\s*=/gm)) {
    for (const part of list.split(","))
      names.add(
        part
          .trim()
          .split(/\s*:\s*/)
          .at(-1),
      );
  }
  for (const [, list] of text.matchAll(/^export\s+\{([^}]*)\}/gm)) {
    for (const part of list.split(","))
      names.add(
        part
          .trim()
          .split(/\s+as\s+/)
          .at(-1),
      );
  }
  if (/^export\s+default\b/m.test(text)) names.add("default");
  for (const [, from] of text.matchAll(/^export\s+\*\s+from\s+["'](\.[^"']+)["']/gm)) {
    for (const name of namesExportedBy(join(dirname(path), from)) ?? []) names.add(name);
  }
  return names;
}

function readPackages() {
  const manifests = execFileSync(
    "git",
    ["ls-files", "--", "packages/*/package.json", "apps/*/package.json"],
    {
      encoding: "utf8",
    },
  );
  return new Map(
    manifests
      .split("\n")
      .filter(Boolean)
      .map((file) => {
        const { name, exports } = JSON.parse(readFileSync(file, "utf8"));
        return [name, { folder: dirname(file), exports: exports ?? {} }];
      }),
  );
}
