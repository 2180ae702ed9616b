/**
 * Checks that imports run one way: between packages, and within each between the folders that ARCHITECTURE.md's tables
 * list. Also that files keep to their size and that every entry of an exports map is built from a source. Prints each
 * breach as file:line and exits 1.
 */
import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join, normalize } from "node:path";

/** Which packages of Millrace a package may import. */
const packages = {
  core: [],
  "source-fs": ["core"],
  "source-sql": ["core"],
  "collate-text": ["core"],
  "tfjs-wasm-kernels": [],
  trainer: ["core", "tfjs-wasm-kernels"],
  mpi: ["core"],
  runner: ["core", "source-fs", "source-sql", "collate-text", "trainer", "mpi"],
};

/** What each folder of a package may import, as ARCHITECTURE.md's tables say: package, folder or file, its row. */
const rooms = readRooms(readFileSync("ARCHITECTURE.md", "utf8"));

/** What each of these may be imported by, and nothing else: the doors to heavy or global things. */
const doors = {
  tsyringe: ["packages/core/src/plugin/registry.ts"],
  "reflect-metadata": ["packages/core/src/plugin/registry.ts"],
};

const maximum = 250;
const breaches = [];
const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "--", "packages", "apps"],
  {
    encoding: "utf8",
  },
)
  .split("\n")
  .filter((file) => /\/src\/.*\.ts$/.test(file) && existsSync(file));

const graph = new Map();
checkTables();
for (const file of files) checkFile(file);
for (const cycle of cycles(graph))
  breaches.push(`${cycle[0]}: imports run in a circle: ${cycle.join(" -> ")}`);
for (const name of Object.keys(packages))
  checkExports(name === "runner" ? "apps/runner" : `packages/${name}`);

for (const breach of breaches) process.stderr.write(`${breach}\n`);
process.stdout.write(`layers: ${files.length} files, ${breaches.length} breaches\n`);
process.exitCode = breaches.length > 0 ? 1 : 0;

function checkFile(file) {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n");
  const isTest = file.endsWith(".test.ts");
  if (!isTest && lines.length > maximum)
    breaches.push(`${file}: has ${lines.length} lines, more than ${maximum}`);
  const own = file.split("/")[1];
  const imported = [];
  lines.forEach((line, i) => {
    const specifier = /(?:^import|^export|^\} from|\bimport\()\s*(?:.*?from\s*)?["']([^"']+)["']/.exec(
      line,
    )?.[1];
    if (specifier === undefined) return;
    const place = `${file}:${i + 1}`;
    if (specifier.startsWith(".")) {
      const target = normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts");
      // A type that comes back is gone when the program runs.
      if (!/^(import|export) type\b|import\(/.test(line)) imported.push(target);
      if (!isTest) checkRoom(place, own, file, target);
    } else checkPackage(place, file, own, specifier, isTest);
  });
  if (!isTest) graph.set(file, imported);
}

function checkPackage(place, file, own, specifier, isTest) {
  const name = /^@millrace\/([^/]+)/.exec(specifier)?.[1];
  if (name !== undefined && name !== own && !packages[own].includes(name)) {
    breaches.push(`${place}: ${own} must not import @millrace/${name}`);
  }
  const door = doors[specifier];
  if (door !== undefined && !isTest && !door.includes(file)) {
    breaches.push(`${place}: only ${door.join(" and ")} may import ${specifier}`);
  }
}

function checkRoom(place, own, file, target) {
  const [from, to] = [roomOf(file), roomOf(target)];
  const row = rooms.get(own)?.get(from);
  if (from !== to && row !== undefined && !row.mayImport.has(to))
    breaches.push(`${place}: ${own}/${from} must not import ${own}/${to} (ARCHITECTURE.md says what it may)`);
}

/** The folder of a package's src, or the file that lies in src itself. */
function roomOf(file) {
  return file.split("/")[3];
}

/** Tables of folders, each under a heading `### packages/name`; rows import what they name, or all rows above. */
function readRooms(text) {
  const found = new Map();
  for (const section of text.split(/^### /m).slice(1)) {
    const folder = /^((?:packages|apps)\/(\S+))\n/.exec(section);
    if (folder === null) continue;
    const above = new Set();
    const rows = new Map();
    for (const line of section.split(/^## /m)[0].split("\n")) {
      const cells = /^\| (`.*?) \| (.*?) \| (.*?) \|$/.exec(line);
      if (cells === null) continue;
      const names = namesIn(cells[1]);
      const mayImport = new Set(cells[3].startsWith("all above") ? above : namesIn(cells[3]));
      for (const name of names) above.add(name);
      for (const name of names) rows.set(name, { mayImport: new Set([...mayImport, ...names]) });
    }
    found.set(folder[2], rows);
  }
  return found;
}

function namesIn(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name.replace(/\/$/, ""));
}

/** Every folder has its row, and every row its folder. */
function checkTables() {
  for (const own of Object.keys(packages)) {
    const folder = own === "runner" ? "apps/runner" : `packages/${own}`;
    const there = new Set(
      files.filter((file) => file.startsWith(`${folder}/src/`) && !file.endsWith(".test.ts")).map(roomOf),
    );
    const rows = rooms.get(own);
    if (rows === undefined) {
      breaches.push(`ARCHITECTURE.md: lacks a table "### ${folder}"`);
      continue;
    }
    for (const name of there) {
      if (!rows.has(name)) breaches.push(`ARCHITECTURE.md: the table of ${folder} lacks a row for ${name}`);
    }
    for (const name of rows.keys()) {
      if (!there.has(name)) breaches.push(`ARCHITECTURE.md: ${folder} has no ${name}, but its table has`);
    }
  }
}

/** One way round each circle of imports, found by walking depth first. */
function cycles(graph) {
  const found = [];
  const done = new Set();
  const walk = (file, path) => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    done.add(file);
    for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
  };
  for (const start of graph.keys()) walk(start, []);
  return found;
}

function checkExports(folder) {
  const {
    exports: map = {},
    bin = {},
    files: listed = [],
  } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const targets = [...Object.values(map), ...Object.values(bin)].flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  );
  for (const target of targets) {
    if (!target.startsWith("./dist/")) continue;
    const source = join(folder, target.replace("./dist/", "src/").replace(/\.d\.ts$|\.js$/, ".ts"));
    if (!existsSync(source))
      breaches.push(`${folder}/package.json: exports ${target}, but there is no ${source}`);
  }
  for (const entry of ["README.md", "LICENSE"]) {
    if (listed.includes(entry) && !existsSync(join(folder, entry)))
      breaches.push(`${folder}: lacks ${entry}`);
  }
}
