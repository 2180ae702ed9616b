/**
 * Compiles every ts and js snippet of the pages that users read, under strict TypeScript, against the built packages: what
 * a page shows must be what today's doors give. A snippet is a module of its own, called as its first line says (`//
 * squares.mjs`) where others import it; what it takes from its reader's program is declared in `given`. Prints each fault as
 * page:line and exits 1.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? ".", "..");
const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "--"];
const places = ["README.md", "docs/**/*.md", "packages/*/README.md", "apps/*/README.md"];
const pages = execFileSync("git", [...listed, ...places.map((place) => `:(glob)${place}`)], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((page) => page !== "" && existsSync(join(root, page)));

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
    for (const page of pages) {
      const inner = `${language}/${page.replace(/\.md$/, "").replaceAll("/", "-")}`;
      for (const snippet of snippetsOf(page, language)) {
        mkdirSync(join(folder, inner), { recursive: true });
        const name = /^\/\/ ([\w-]+\.m?[jt]s)/.exec(snippet.text)?.[1] ?? `line-${snippet.line}.${language}`;
        writeFileSync(join(folder, inner, name), snippet.text);
        places.set(`${inner}/${name}`, { page, line: snippet.line });
      }
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
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`snippets: ${count} compiled, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 || count === 0 ? 1 : 0;

/** The fenced pieces of one language, each with the number of its first line. */
function snippetsOf(page, language) {
  const snippets = [];
  let open;
  readFileSync(join(root, page), "utf8")
    .split("\n")
    .forEach((line, index) => {
      if (open === undefined && line === `\`\`\`${language}`) open = { line: index + 2, text: "" };
      else if (open !== undefined && line === "```") {
        snippets.push(open);
        open = undefined;
      } else if (open !== undefined) open.text += `${line}\n`;
    });
  return snippets;
}
