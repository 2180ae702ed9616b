/**
 * Checks that imports run one way: between packages, and between the layers of core. Also that files keep to their
 * size and that every entry of an exports map is built from a source. Prints each breach as file:line and exits 1.
 */
import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join, normalize, relative } from "node:path";

/** Which packages of Millrace a package may import. */
const packages = {
  core: [],
  "source-fs": ["core"],
  "source-sql": ["core"],
  "collate-text": ["core"],
  "tfjs-wasm-kernels": [],
  trainer: ["core", "tfjs-wasm-kernels"],
  runner: ["core", "source-fs", "source-sql", "collate-text", "trainer"],
};

/** Core's layers, from left to right: a file imports from its own layer and those before it. */
const layers = [
  "base",
  "contracts",
  "kit",
  "plugin",
  "spec",
  "data",
  "workers",
  "loader",
  "dataloader",
  "line",
  "builtin",
  "testing",
  "index",
];
const base = new Set(["causes.ts", "errors.ts", "suggest.ts"]);

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
      if (!isTest && own === "core") checkLayer(place, file, target);
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

function checkLayer(place, file, target) {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (layers.indexOf(to) > layers.indexOf(from))
    breaches.push(`${place}: ${from} must not import ${to} (${target})`);
}

function layerOf(file) {
  const [first] = relative("packages/core/src", file).split("/");
  if (base.has(first)) return "base";
  return first.replace(/\.ts$/, "");
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
