/** Tables of files with columns behind a spec: with and without workers, beside other formats, and to be predicted. */
import { appendFile, copyFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  defineModel,
  defineTrainer,
  heapAllocator,
  type LooseFault,
  type LooseSample,
  LoggerService,
  type MillraceError,
  type NdArray,
} from "@millrace/core";
import { materialize } from "@millrace/core/dataloader";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import arrowSource from "../src/sources/arrow.js";
import parquetSource from "../src/sources/parquet.js";
import { expected, fixtures } from "./columnar.js";
import { encoded, epoch, failureOf, type Folder, gradient, openSource, temporaryFolder } from "./support.js";

let folder: Folder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
const at = (name: string): URL => new URL(name, folder.baseUrl);

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const none = z.strictObject({});
const parts = [
  defineModel({
    name: "no-model",
    summary: "none",
    options: none,
    create: () => ({ engine: "none", build: () => undefined }),
  }),
  defineTrainer({
    name: "no-trainer",
    summary: "none",
    options: none,
    create: () => ({ fit: () => Promise.reject(new Error("never asked")) }),
  }),
];

async function epochOf(source: object, numWorkers: number, change: () => unknown): Promise<string[]> {
  const registry = new Registry();
  registry.provide(LoggerService, logger);
  for (const part of parts) registry.add(part);
  const spec = {
    source,
    split: { train: 0.8, validation: 0.2, by: "hash" },
    loader: {
      batchSize: 8,
      numWorkers,
      sampler: { use: "block-shuffle", with: { blockSize: 20, bufferBlocks: 2 } },
    },
    model: { use: "no-model" },
    trainer: { use: "no-trainer" },
  };
  const text = parseSpecText(JSON.stringify(spec), "spec.json", new URL("spec.json", folder.baseUrl));
  const defaults = ["@millrace/core/builtin", "@millrace/source-fs"];
  const checked = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
  const line = await openLine(checked.spec, { registry, modules: checked.modules, url: text.url, logger });
  await change();
  const seen: string[] = [];
  try {
    for await (const batch of line.loaders.train) {
      seen.push(JSON.stringify([[...batch.indices], batch.data]));
      batch.release();
    }
  } catch (error) {
    const { code, message } = error as MillraceError;
    seen.push(`${code} ${message}`);
  } finally {
    await line.close();
  }
  return seen;
}

const columns = {
  label: { type: "class", from: "i8" },
  number: { type: "float32", from: "f64?", missing: "drop" },
  kind: { type: "class", missing: { fill: "none" } },
  text: "text?",
  when: { type: "date", from: "us" },
  three: "float32[3]",
};

describe("a spec over files with columns", () => {
  it.each([
    ["parquet", "snappy.parquet"],
    ["arrow", "zstd.feather"],
  ])(
    "gives the same batches with 0 and 2 workers, or the same error when the file changes: %s",
    async (use, name) => {
      const source = { use, with: { path: "t.file", columns } };
      const seen: string[][] = [];
      for (const change of [() => undefined, () => appendFile(at("t.file"), "more")]) {
        for (const workers of [0, 2]) {
          await copyFile(new URL(name, fixtures), at("t.file"));
          seen.push(await epochOf(source, workers, change));
        }
      }
      const [alone, shared, gone, sharedGone] = seen;
      expect(alone.at(-1)).toMatch(/^\[/);
      expect(alone.length).toBeGreaterThan(3);
      expect(shared).toEqual(alone);
      expect(gone).toEqual([expect.stringMatching(/^FILE_FORMAT .*was changed since it was opened/)]);
      expect(sharedGone).toEqual(gone);
    },
    60_000,
  );
});

describe("the same table", () => {
  it("gives the same batches from CSV, JSON Lines, Parquet and Arrow, bit for bit", async () => {
    const names = ["f64", "f32", "few", "i16"];
    const rows = Array.from({ length: 50 }, (_, row) =>
      [...names, "i8"].map((name) => Number(expected[name][row])),
    );
    await folder.write("t.csv", [[...names, "i8"], ...rows].map((row) => row.join(",")).join("\n"));
    const records = rows.map((row) => JSON.stringify({ features: row.slice(0, -1), i8: row.at(-1) }));
    await folder.write("t.jsonl", records.join("\n"));
    const plain = { features: names, label: "i8" };
    const path = (name: string) => fileURLToPath(new URL(name, fixtures));
    const sources = [
      ["csv", { path: "t.csv", ...plain }],
      [
        "json-lines",
        { path: "t.jsonl", columns: { features: "float32[4]", label: { type: "class", from: "i8" } } },
      ],
      ["parquet", { path: path("zstd.parquet"), ...plain }],
      ["arrow", { path: path("lz4.feather"), ...plain }],
    ] as const;
    const indices = Array.from({ length: 50 }, (_, i) => (i * 23) % 50);
    const batches = [];
    for (const [use, options] of sources) {
      const dataset = await openSource(use, options, folder.baseUrl);
      batches.push([dataset.facts?.labels, await dataset.getBatch?.(indices, epoch, heapAllocator)]);
    }
    for (const batch of batches.slice(1)) expect(batch).toEqual(batches[0]);
  });
});

describe("files with columns that are to be predicted", () => {
  const options = {
    path: "gone",
    features: ["f64", "few"],
    columns: { when: { type: "date", from: "us" }, maybe: { type: "int32", from: "int?", missing: "drop" } },
    label: "i8",
  };
  const facts = { features: ["f64", "few"], labels: ["1", "2"] };

  async function read(plugin: typeof parquetSource, name: string, more: object = {}) {
    const context = { baseUrl: folder.baseUrl, seed: 1, facts };
    const settings = plugin.options.parse({ ...options, ...more });
    const inputs = await plugin.inputs?.(settings, context);
    const found: (LooseSample | LooseFault)[] = [];
    for await (const each of inputs?.read(name) ?? []) found.push(each);
    return found;
  }

  it("are read by the types of training, each row on its own, whatever answers they have", async () => {
    for (const [plugin, name] of [
      [parquetSource, "gzip.parquet"],
      [arrowSource, "lz4.feather"],
    ] as const) {
      const path = fileURLToPath(new URL(name, fixtures));
      const found = await read(plugin, path);
      expect(found.length).toBe(50);
      expect(found[1]).toEqual({
        name: `${path}:1`,
        sample: {
          features: Float32Array.from([expected.f64[1] as number, expected.few[1] as number]),
          when: expected.us[1],
          maybe: 5,
        },
      });
      expect(found[3]).toMatchObject({ error: { message: 'column "int?" must have a value, was null' } });
      const other = { columns: { weight: "float32" } };
      expect((await read(plugin, path, other))[0]).toMatchObject({ sample: { features: expect.anything() } });
      const misspelt = await failureOf(() => read(plugin, path, { columns: { texd: "text" } }));
      expect(misspelt).toMatchObject({ code: "INPUT_INVALID", where: [path] });
    }
    const csv = await folder.write("new.csv", "few,us,f64,int?\n1,2026-01-01,2,3\n");
    expect(await read(parquetSource, csv)).toEqual([
      { name: `${csv}:2`, sample: { features: Float32Array.of(2, 1), when: 1767225600, maybe: 3 } },
    ]);
  });
});

describe("columns of images", () => {
  it("hold the bytes of image files, or name them", async () => {
    const path = fileURLToPath(new URL("images.parquet", fixtures));
    const bytes = await openSource<{ image: unknown }>(
      "parquet",
      {
        path,
        columns: { image: { type: "image", from: "image.bytes" }, label: "class" },
        images: { mode: "grayscale" },
      },
      folder.baseUrl,
    );
    expect("getBatch" in bytes).toBe(false);
    const { image } = (await materialize(await bytes.get(1, epoch))) as { image: NdArray };
    expect([image.shape, [...image.data].map(Number)]).toEqual([
      [2, 2, 1],
      [10, 20, 30, 41],
    ]);
    await folder.write("pictures/1.png", await encoded("png", 3, 2, 1));
    await folder.write("pictures/0.png", await encoded("png", 3, 2, 1));
    const files = await openSource<{ image: unknown }>(
      "parquet",
      {
        path,
        columns: { image: { type: "image", from: "image.path" } },
        images: { root: "pictures", mode: "grayscale" },
      },
      folder.baseUrl,
    );
    const named = (await materialize(await files.get(1, epoch))) as { image: NdArray };
    expect(named.image.data).toEqual(gradient(3, 2, 1));
    const before = await files.fingerprint?.();
    await folder.write("pictures/1.png", await encoded("png", 5, 2, 1));
    expect(await files.fingerprint?.()).not.toBe(before);
  });
});
