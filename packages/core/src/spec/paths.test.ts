import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import builtin from "../builtin/index.js";
import { pathOption } from "../kit/path-option.js";
import { defineModel, defineSource, defineTrainer } from "../plugin/plugin.js";
import { Registry } from "../plugin/registry.js";
import { parseKept } from "./parse.js";
import { parseOverride, readSpec } from "./read.js";

const none = { name: "none", summary: "none" };
const registry = new Registry();
for (const plugin of builtin) registry.add(plugin);
registry.add(
  defineSource({
    name: "stored",
    summary: "for these tests",
    options: z.strictObject({
      path: z.union([pathOption(), z.array(pathOption()).min(1)]).describe("files"),
      fields: z
        .record(z.string(), z.union([pathOption(), z.strictObject({ from: pathOption("file") })]))
        .default({}),
      folder: pathOption().default("."),
      title: z.string().optional(),
    }),
    create: () => ({ length: 0, get: () => undefined }),
  }),
);
registry.add(
  defineModel({
    ...none,
    options: z.strictObject({ path: pathOption("file", "file or package").optional() }),
    create: () => ({ engine: "none", build: () => undefined }),
  }),
);
registry.add(
  defineTrainer({
    ...none,
    options: z.strictObject({}),
    create: () => ({ fit: () => Promise.reject(new Error("no")) }),
  }),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-paths-"));
  await mkdir(join(folder, "shared"));
  await mkdir(join(folder, "tries"));
});
afterAll(() => rm(folder, { recursive: true }));

it("paths in the options of plugins start beside the file that says them, and nothing else is changed", async () => {
  const base = {
    source: {
      use: "stored",
      with: {
        path: ["data/a.csv", "./data/*.csv", "../b.csv", "/c.csv", "${env:HOME}/d.csv", "https://e/f.csv"],
        fields: { one: "x.npy", two: { from: "y.npy" } },
        title: "data/a.csv",
      },
    },
    transforms: [{ use: "cache", with: { in: "disk", folder: "kept" } }],
    model: { use: "none", with: { path: "package/model.json" } },
    trainer: { use: "none" },
  };
  await writeFile(join(folder, "shared", "base.json"), JSON.stringify(base));
  await writeFile(
    join(folder, "tries", "spec.yaml"),
    "extends: ../shared/base.json\nsource: { with: { folder: own } }\n",
  );
  const text = await readSpec(join(folder, "tries", "spec.yaml"), [
    parseOverride("source.with.fields.one=z.npy"),
  ]);
  const { spec } = parseKept(text, registry);
  expect(spec.source?.with).toEqual({
    path: [
      "../shared/data/a.csv",
      "../shared/data/*.csv",
      "../b.csv",
      "/c.csv",
      "${env:HOME}/d.csv",
      "https://e/f.csv",
    ],
    fields: { one: "z.npy", two: { from: "../shared/y.npy" } },
    folder: "own",
    title: "data/a.csv",
  });
  expect(spec.transforms[0].with).toMatchObject({ folder: "../shared/kept" });
  // A package stays one, a file beside the spec is seen from there.
  expect(spec.model.with).toEqual({ path: "package/model.json" });
  await mkdir(join(folder, "shared", "package"));
  await writeFile(join(folder, "shared", "package", "model.json"), "{}");
  expect(parseKept(text, registry).spec.model.with).toEqual({ path: "../shared/package/model.json" });
});
