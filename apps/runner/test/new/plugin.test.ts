/** `new source` and its like: what is written passes its own suite, compiles, and trains from a spec that names its dist. */
import { execFile } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../support/cli.js";
import { millraceHere as millrace } from "../support/host.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const kinds = ["source", "transform", "collate", "sampler", "batch-sampler", "model"];

let home: string;
beforeAll(async () => {
  home = await newFolder();
  // What `npm install` would bring.
  await symlink(join(root, "node_modules"), join(home, "node_modules"), "dir");
});

describe("new source, transform, collate, sampler, batch-sampler and model", () => {
  it.each(kinds)("write a %s that compiles strictly and trains its example", async (kind) => {
    const made = await millrace(["new", kind, `our-${kind}`, "--json"], home);
    expect([made.code, made.stderr]).toEqual([0, ""]);
    expect(JSON.parse(made.stdout)).toMatchObject({ kind, name: `our-${kind}` });
    const folder = join(home, `our-${kind}`);
    const source = await readFile(join(folder, "src/index.ts"), "utf8");
    expect(source).not.toMatch(/my-|mySource|MySource/);
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const compile = (...words: string[]) =>
      promisify(execFile)(process.execPath, [tsc, ...words], { cwd: folder });
    if (kind === "source") await compile();
    await compile("-p", "tsconfig.build.json");
    const run = await millrace(["run", "example/spec.jsonc", "--out", "runs/first", "--json"], folder);
    expect(run).toMatchObject({ code: 0 });
    const { metrics } = JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "") as {
      metrics: Readonly<Record<string, number>>;
    };
    expect(metrics.accuracy).toBeGreaterThan(0.6);
  });

  it("write a package that npm takes: types, files, peer dependencies, versions that this repository has", async () => {
    const manifest = JSON.parse(await readFile(join(home, "our-source/package.json"), "utf8")) as Record<
      string,
      object
    >;
    expect(manifest).toMatchObject({
      name: "our-source",
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
      files: ["dist"],
    });
    const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
    expect(manifest.peerDependencies).toEqual({ "@millrace/core": `^${version}` });
    const here = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, object>;
    const { "@types/node": node, typescript, vitest } = here.devDependencies as Record<string, string>;
    expect(manifest.devDependencies).toMatchObject({ "@types/node": node, typescript, vitest });
    const core = createRequire(import.meta.url)("../../../../packages/core/package.json") as {
      dependencies: Record<string, string>;
    };
    expect(manifest.dependencies).toEqual({ zod: core.dependencies.zod });
  });

  it("overwrite nothing, and refuse a name that no spec could use", async () => {
    await mkdir(join(home, "taken"), { recursive: true });
    await millrace(["new", "model", "taken"], home);
    const again = await millrace(["new", "source", "taken"], home);
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringMatching(/taken already has .*src\/index\.ts/),
    ]);
    const odd = await millrace(["new", "source", "1+1"], home);
    expect([odd.code, odd.stderr]).toEqual([1, expect.stringContaining("letters, digits and hyphens")]);
  });
});
