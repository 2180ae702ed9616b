/**
 * Compiles every ts and js snippet of the pages that users read, under strict TypeScript, against the built packages: what
 * a page shows must be what today's doors give. A snippet is a module of its own, called as the fence says (```js squares.mjs) or its
 * first line (`// squares.mjs`) where others import it; what it takes from its reader's program is declared in `given`. JSON that is a spec, or a part of one,
 * is held against the schemas, and command lines against the commands. Prints each fault as page:line and exits 1.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCommands } from "./snippets/commands.mjs";
import { fencesOf, pagesOf, root } from "./snippets/fences.mjs";
import { checkSpecs } from "./snippets/specs.mjs";

const pages = pagesOf([
  "README.md",
  "docs/**/*.md",
  "packages/*/README.md",
  "apps/*/README.md",
  "examples/*/README.md",
]);
const fences = pages.flatMap(fencesOf);
/** Pages whose files scripts/run-snippets.mjs runs. */
const runs = new Set(
  fences.filter(({ language, info }) => language === "sh" && info === "run").map(({ page }) => page),
);

/** What a reader's own program has at hand: a dataset, a loader over it, and their own functions. */
const given = `
import type * as core from "@millrace/core";

interface Sample { readonly x: Float32Array; readonly label: number }

declare global {
  const DataLoader: typeof core.DataLoader;
  const dataset: core.Dataset<Sample>;
  const samples: readonly Sample[];
  const loader: core.DataLoader<Sample>;
  const squares: (length: number) => core.Dataset<{ x: number; y: number }>;
  const x: core.NdArray<"float32">;
  const y: core.NdArray<"int32">;
  function step(x: core.NdArray, y: core.NdArray): void;
  function use(batch: unknown): void;
}
`;

const compilerOptions = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  moduleResolution: "nodenext",
  moduleDetection: "force",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
};

const folder = mkdtempSync(join(tmpdir(), "millrace-snippets-"));
const faults = [];
let count = 0;
try {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "given.d.ts"), given);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  // Parameters of JavaScript have no types to be strict about.
  for (const [language, options] of Object.entries({ ts: {}, js: { noImplicitAny: false } })) {
    const places = new Map();
    for (const { page, line, info, text: shown } of fences.filter((fence) => fence.language === language)) {
      const inner = `${language}/${page.replace(/\.md$/, "").replaceAll("/", "-")}`;
      mkdirSync(join(folder, inner), { recursive: true });
      // Files that a page runs have no need of types; others may import them.
      const text = language === "js" && runs.has(page) && info !== "" ? `// @ts-nocheck\n${shown}` : shown;
      const named = /^[\w-]+\.m?[jt]s$/.exec(info)?.[0] ?? /^\/\/ ([\w-]+\.m?[jt]s)/.exec(text)?.[1];
      const name = named ?? `line-${line}.${language}`;
      writeFileSync(join(folder, inner, name), text);
      places.set(`${inner}/${name}`, { page, line });
    }
    count += places.size;
    const config = {
      compilerOptions: { ...compilerOptions, ...options },
      include: [`${language}/**/*`, "given.d.ts"],
    };
    writeFileSync(join(folder, `${language}.json`), JSON.stringify(config));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", `${language}.json`, "--pretty", "false"], {
      cwd: folder,
      encoding: "utf8",
    });
    for (const told of stdout.trim().split("\n").filter(Boolean)) {
      const [, file, line, , message] = /^(.+?)\((\d+),(\d+)\): (.*)$/.exec(told) ?? [];
      const place = places.get(file);
      faults.push(place === undefined ? told : `${place.page}:${place.line + Number(line) - 1}: ${message}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const specs = await checkSpecs(fences);
const commands = await checkCommands([
  ...pages,
  ...pagesOf(["CONTRIBUTING.md", "examples/**/README.md", "apps/runner/templates/**/*.md"]),
]);
faults.push(...specs.faults, ...commands.faults);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(
  `snippets: ${count} compiled, ${specs.count} specs and parts of them, ${commands.count} command lines, ${faults.length} faults\n`,
);
process.exitCode = faults.length > 0 || count === 0 ? 1 : 0;
