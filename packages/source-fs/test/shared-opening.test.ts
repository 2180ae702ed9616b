/** The line of a spec with and without workers, while somebody writes to its files: the same batches, or the same error. */
import { appendFile, copyFile, mkdir, rm, rename } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { defineModel, defineTrainer, LoggerService, MillraceError } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { writeTarShards } from "../src/index.js";
import { encoded, type Folder, temporaryFolder } from "./support.js";

let folder: Folder;
let png: Uint8Array;
beforeEach(async () => {
  folder = await temporaryFolder();
  png = await encoded("png", 4, 3);
});

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

/** The batches of one epoch as text, or the code and place of the error that ends them; `change` comes after opening. */
async function epochOf(
  source: object,
  numWorkers: number,
  change: () => Promise<unknown>,
): Promise<string[]> {
  const registry = new Registry();
  registry.provide(LoggerService, logger);
  for (const part of parts) registry.add(part);
  const spec = {
    source,
    loader: { batchSize: 2, numWorkers, shuffle: true },
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
      const { data, indices } = batch;
      seen.push(JSON.stringify([[...indices], data]));
      batch.release();
    }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    seen.push(`${error.code} ${error.message} ${error.where[0]}`);
  } finally {
    await line.close();
  }
  return seen;
}

const sound = new URL("fixtures/sounds/pcm16-1.wav", import.meta.url);

async function writeAll(): Promise<void> {
  await folder.write("t.csv", "id,a,kind\nx,1,rose\ny,2,lily\nz,3,rose\nv,4,aster\nw,5,lily\n");
  const rows = ["ä,1,rose,2026-01-01,yes,AQID,1", ",,,2026-01-02,no,,2", "c,3,lily,,yes,AQ==,3"];
  const more = ["d,,rose,1999-12-31T23:59Z,0,,4", "ä,5,,2000-01-01,1,AQID,5", "f,6,lily,2000-01-01,t,,6"];
  await folder.write("mixed.csv", ["id,age,kind,born,alone,key,n", ...rows, ...more].join("\n"));
  const records = [1, null, 3, 4, 5, 6].map((a, i) => ({
    a,
    k: "xyz"[i % 3],
    nested: { v: [i, i / 3] },
    note: "ä".repeat(i),
  }));
  await folder.write("t.jsonl", records.map((record) => JSON.stringify(record)).join("\n"));
  await folder.write("t.jsonl.gz", gzipSync(records.map((record) => JSON.stringify(record)).join("\n")));
  await rm(at("voices"), { recursive: true, force: true });
  for (const name of ["b/1", "b/2", "c/3", "d/4", "d/5"]) {
    await mkdir(at(`voices/${name[0]}`), { recursive: true });
    await copyFile(sound, at(`voices/${name}.wav`));
  }
  await copyFile(new URL("fixtures/arrays/deflated.npz", import.meta.url), at("a.npz"));
  await folder.write("t.json", JSON.stringify(records));
  await folder.write("t.txt", "a\nb\n\nc\nd\ne\nf");
  await rm(new URL("pets", folder.baseUrl), { recursive: true, force: true });
  for (const name of ["b/1.png", "b/2.png", "c/3.png", "d/4.png", "d/5.png"])
    await folder.write(`pets/${name}`, png);
  const members = (count: number, start: number) =>
    Array.from({ length: count }, (_, i) => ({
      key: `${start + i}`,
      files: { png, cls: start + i, txt: "ä" },
    }));
  await rm(at("s-00.tar"), { force: true });
  await writeTarShards(`${folder.path}/s-%d.tar`, members(5, 0), { samplesPerShard: 2 });
  await writeTarShards(`${folder.path}/more-%d.tar`, members(1, 7));
  const count = [0, 0, 0, 4];
  await folder.write("i.idx", Uint8Array.from([0, 0, 8, 2, ...count, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]));
  await folder.write("l.idx", Uint8Array.from([0, 0, 8, 1, ...count, 0, 1, 2, 1]));
}

const at = (name: string): URL => new URL(name, folder.baseUrl);
const recordColumns = {
  a: { type: "float32", missing: "drop" },
  k: "class",
  v: { type: "float64[2]", from: "nested.v" },
  note: "text",
};
const sources = {
  csv: { use: "csv", with: { path: "t.csv", label: "kind", features: ["a"] } },
  columns: {
    use: "csv",
    with: {
      path: "mixed.csv",
      columns: {
        id: "text?",
        age: "float32?",
        kind: "class?",
        born: { type: "date", missing: "drop" },
        alone: "bool",
        key: "bytes?",
        size: { type: "float32[2]?", from: ["age", "n"] },
      },
    },
  },
  "rows in a file": { use: "csv", with: { path: "t.csv", label: "kind", features: ["a"], access: "file" } },
  "JSON Lines": { use: "json-lines", with: { path: "t.jsonl", columns: recordColumns } },
  "zipped JSON Lines": { use: "json-lines", with: { path: "t.jsonl.gz", columns: recordColumns } },
  JSON: { use: "json", with: { path: "t.json", columns: recordColumns } },
  sounds: { use: "wav", with: { root: "voices", seconds: 0.001 } },
  arrays: { use: "npz", with: { path: "a.npz" } },
  text: { use: "text-lines", with: { path: "t.txt", window: 2, stride: 1, skipBlank: true } },
  folder: { use: "image-folder", with: { root: "pets" } },
  tar: { use: "tar-shards", with: { shards: "s-*.tar" } },
  idx: { use: "idx", with: { images: "i.idx", labels: "l.idx" } },
};
const changes: readonly (readonly [string, keyof typeof sources, () => Promise<unknown>])[] = [
  ["a row is added, of a new class", "csv", () => appendFile(at("t.csv"), "u,6,arum\n")],
  ["other rows take the place of all", "csv", () => folder.write("t.csv", "id,a,kind\nq,9,arum\n")],
  ["nothing happens", "columns", () => Promise.resolve()],
  ["other rows take the place of all", "columns", () => folder.write("mixed.csv", "id\n1\n")],
  ["nothing happens", "JSON Lines", () => Promise.resolve()],
  ["nothing happens", "JSON", () => Promise.resolve()],
  ["nothing happens", "text", () => Promise.resolve()],
  ["a sound is removed", "sounds", () => rm(at("voices/d/4.wav"))],
  ["nothing happens", "arrays", () => Promise.resolve()],
  ["the file is removed", "zipped JSON Lines", () => rm(at("t.jsonl.gz"))],
  ["a row is added", "rows in a file", () => appendFile(at("t.csv"), "u,6,arum\n")],
  ["a line is added", "JSON Lines", () => appendFile(at("t.jsonl"), "\n{}")],
  ["the file is removed", "text", () => rm(at("t.txt"))],
  ["the table is removed", "csv", () => rm(at("t.csv"))],
  ["an image is added", "folder", () => folder.write("pets/b/0.png", png)],
  ["a class is added", "folder", () => folder.write("pets/a/0.png", png)],
  ["an image is removed", "folder", () => rm(at("pets/d/4.png"))],
  ["a class is renamed", "folder", () => rename(at("pets/c"), at("pets/e"))],
  [
    "labels change",
    "idx",
    () => folder.write("l.idx", Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 4, 4, 3, 3, 4])),
  ],
  ["a shard is added, of a new class", "tar", () => copyFile(at("more-0.tar"), at("s-00.tar"))],
  ["images are removed", "idx", () => rm(at("i.idx"))],
];

describe("0 and 2 workers give the same batches, or the same error that names what is gone, when", () => {
  it.each(changes)(
    "%s (%s)",
    async (_, source, change) => {
      const found: string[][] = [];
      for (const workers of [0, 2]) {
        await writeAll();
        found.push(await epochOf(sources[source], workers, change));
      }
      const [alone, shared] = found;
      expect(shared).toEqual(alone);
      const last = alone[alone.length - 1];
      const named =
        /FILE_NOT_FOUND.*\/(pets\/(d\/4|c\/3)\.png|voices\/d\/4\.wav|t\.txt)|FILE_FORMAT.*was changed since/.test(
          last,
        );
      expect(last.startsWith("FILE") ? named : alone.length).toBe(
        last.startsWith("FILE") || (source === "idx" ? 2 : 3),
      );
    },
    60_000,
  );
});
