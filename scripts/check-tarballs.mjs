/**
 * What a user of the published packages has: packs all of them, installs the tarballs into an empty project outside the
 * repository, compiles the plugins of `newcomer/` against their types under the strictest settings, holds them against the
 * suites, runs a spec with them, does what docs/five-minutes.md says, and follows the links of the READMEs. Exits 1 where anything
 * fails. `--keep` leaves the project there.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fencesOf } from "./snippets/fences.mjs";
import { installPacked, packages, packAll, run } from "./packed.mjs";

const root = resolve(import.meta.dirname ?? ".", "..");
const project = mkdtempSync(join(tmpdir(), "millrace-tarballs-"));

const compilerOptions = {
  target: "es2022",
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  declaration: true,
  rootDir: ".",
  outDir: "dist",
  types: ["node"],
};

const spec = {
  plugins: ["./dist/lines.js"],
  source: { use: "lines", with: { path: "lines.txt" } },
  split: { train: 0.75, validation: 0.25, stratifyBy: "label" },
  transforms: [{ use: "drop", only: "train" }],
  loader: { numWorkers: 1, batchSampler: { use: "pairs" }, collate: { use: "pad", with: { length: 4 } } },
  model: { use: "layers", with: { layers: [{ type: "dense", units: { from: "labels.count" } }] } },
  trainer: { use: "tfjs", with: { device: "cpu", epochs: 1 } },
};

let failed = 0;
const step = (what, make) => {
  const started = performance.now();
  try {
    const told = make();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`tarballs: ${what}: ok${told ? `, ${told}` : ""}, ${seconds} s\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`tarballs: ${what}: FAILED\n${error.stdout ?? ""}${error.message}\n`);
  }
};

try {
  let tarballs = {};
  step("pack", () => {
    tarballs = packAll(project);
    return `${packages.length} packages`;
  });
  step("install", () => installPacked(project, tarballs));
  step("types", () => {
    cpSync(join(root, "scripts", "newcomer"), project, { recursive: true });
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    run("npx", ["tsc"], project);
  });
  step("contract suites", () => {
    const lines = Array.from({ length: 24 }, (_, i) => `${i % 3 === 0 ? "verb" : "noun"} ${i} ${i % 5}\n`);
    writeFileSync(join(project, "lines.txt"), lines.join(""));
    const told = run("npx", ["vitest", "run", "--dir", "dist", "--reporter", "json"], project);
    const { numPassedTests, success } = JSON.parse(told.slice(told.indexOf("{")));
    if (!success) throw new Error(told);
    return `${numPassedTests} tests`;
  });
  step("run", () => {
    writeFileSync(join(project, "spec.json"), JSON.stringify(spec));
    const last = run("npx", ["millrace", "run", "spec.json", "--out", "run", "--json"], project);
    const { metrics } = JSON.parse(last.trim().split("\n").at(-1));
    if (!Number.isFinite(metrics.loss)) throw new Error(`the loss is ${metrics.loss}`);
  });
  step("new project and new source", () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i % 7},${i % 3 === 0 ? "" : i % 5},${i % 2 ? "odd" : "even"}`,
    );
    writeFileSync(join(project, "table.csv"), `a,b,kind\n${rows.join("\n")}\n`);
    run("npx", ["create-millrace", "from-table", "--from", "table.csv"], project);
    run("npx", ["millrace", "check", "spec.jsonc"], join(project, "from-table"));
    run("npx", ["millrace", "new", "source", "readings"], project);
    const readings = join(project, "readings");
    run("npx", ["tsc"], readings);
    run("npx", ["tsc", "-p", "tsconfig.build.json"], readings);
    run("npx", ["vitest", "run"], readings);
    run("npx", ["millrace", "run", "example/spec.jsonc", "--out", "runs/first"], readings);
  });
  step("docs/five-minutes.md", () => {
    let commands = 0;
    for (const { language, info, text } of fencesOf("docs/five-minutes.md")) {
      if (info !== "run" && info !== "") writeFileSync(join(project, info), text);
      for (const line of language === "sh" && info === "run" ? text.split("\n").filter(Boolean) : []) {
        commands++;
        const short = line.startsWith("npx millrace run") ? " --set trainer.with.maxSteps=4" : "";
        run("sh", ["-c", `${line.replace(/\s+#.*$/, "")}${short}`], project);
      }
    }
    return `${commands} commands`;
  });
  step("links of READMEs", () => {
    const dead = packages.flatMap(({ manifest }) => deadLinks(join(project, "node_modules", manifest.name)));
    if (dead.length > 0) throw new Error(dead.join("\n"));
  });
} finally {
  if (!process.argv.includes("--keep")) rmSync(project, { recursive: true, force: true });
  else process.stdout.write(`${project}\n`);
}
process.exitCode = failed > 0 ? 1 : 0;

/** Relative links must lead to a file of the package. */
function deadLinks(folder) {
  const readme = join(folder, "README.md");
  if (!existsSync(readme)) return [`${folder} has no README.md`];
  const links = [...readFileSync(readme, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return links
    .filter((target) => !/^[a-z]+:|^#/.test(target))
    .filter((target) => !existsSync(join(dirname(readme), target.replace(/#.*$/, ""))))
    .map((target) => `${readme}: ${target}`);
}
