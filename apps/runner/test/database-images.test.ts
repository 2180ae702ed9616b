/** Pictures in databases: the same pixels from all four as from files, in a run and in its predictions. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Dataset, LoggerService, type NdArray } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import files, { deferredImage } from "@millrace/source-fs";
import databases from "@millrace/source-sql";
import Database from "libsql";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysqlDatabase, postgresDatabase } from "../../../packages/source-sql/test/servers.js";
import { newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const nothing = new URL("../../../packages/source-sql/test/nothing.mjs", import.meta.url);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
const count = 24;
const formats = ["png", "jpeg", "webp"] as const;
let home: string;

/** Dark on the left, or on the right. */
function picture(i: number): Promise<Buffer> {
  const data = Uint8Array.from({ length: 20 * 15 * 3 }, (_, at) => {
    const isLeft = Math.floor(at / 3) % 20 < 10;
    return (isLeft === (i % 2 === 0) ? 30 : 200) + ((at * 7 + i * 13) % 25);
  });
  return sharp(data, { raw: { width: 20, height: 15, channels: 3 } })
    .toFormat(formats[i % 3])
    .toBuffer();
}

const connections = {
  sqlite: { path: "pets.db" },
  duckdb: { path: "pets.duckdb" },
  ...(postgres && { postgres: { url: postgres.url } }),
  ...(mysql && { mysql: { url: mysql.url } }),
};
const asked = { table: "pets", label: "side", columns: { photo: "image" }, images: { decoder: "sharp" } };
const transforms = [{ use: "resize", with: { width: 8, height: 6, key: "photo" } }];

beforeAll(async () => {
  home = await newFolder();
  const rows: string[] = [];
  for (let i = 0; i < count; i++) {
    const file = await picture(i);
    await writeFile(join(home, `${i}.${formats[i % 3]}`), file);
    rows.push(`(${i}, '${i % 2 === 0 ? "left" : "right"}', BLOB(${file.toString("hex")}))`);
  }
  const make = (bytes: string, blob: string) => `
    CREATE TABLE pets (id INTEGER PRIMARY KEY, side VARCHAR(10), photo ${bytes});
    INSERT INTO pets VALUES ${rows.join(", ").replaceAll(/BLOB\((\w+)\)/g, blob)};
    CREATE TABLE odd (id INTEGER PRIMARY KEY, photo ${bytes});
    INSERT INTO odd VALUES (1, NULL), (2, ${blob.replace("$1", "ffd8ff00")})`;
  const file = new Database(join(home, "pets.db"));
  file.exec(make("BLOB", "x'$1'"));
  file.close();
  const instance = await DuckDBInstance.create(join(home, "pets.duckdb"));
  const connection = await instance.connect();
  await connection.run(make("BLOB", "from_hex('$1')"));
  connection.closeSync();
  instance.closeSync();
  await postgres?.exec(make("bytea", "'\\x$1'"));
  await mysql?.exec(make("blob", "x'$1'"));
});
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
});

async function lineOf(use: string, options: object, loader: object) {
  const registry = new Registry();
  registry.provide(LoggerService, logger);
  const url = pathToFileURL(join(home, "spec.json"));
  const spec = {
    plugins: ["@millrace/source-fs", "@millrace/source-sql", nothing.href],
    source: { use, with: { ...connections[use as "sqlite"], ...asked, ...options } },
    transforms,
    model: { use: "nothing" },
    trainer: { use: "nothing" },
    loader: { batchSize: 5, ...loader },
  };
  const given = { registry, defaults: ["@millrace/core/builtin"], fallbackUrl: import.meta.url };
  const checked = await checkSpec(parseSpecText(JSON.stringify(spec), "spec.json", url), given);
  return openLine(checked.spec, { registry, modules: checked.modules, url, logger });
}

async function photosOf(use: string, options: object, loader: object): Promise<Buffer> {
  const line = await lineOf(use, options, loader);
  const pieces: Uint8Array[] = [];
  try {
    for await (const batch of line.loaders.train) {
      const { photo } = batch.data as { photo: NdArray<"uint8"> };
      pieces.push(Uint8Array.from(photo.data));
      batch.release();
    }
  } finally {
    await line.close();
  }
  return Buffer.concat(pieces);
}

describe.each(Object.keys(connections))("pictures in %s", (use) => {
  it("have the pixels of the files, by whatever access, with and without workers", async () => {
    const settings = { mode: "rgb", background: "#ffffff", autoOrient: false } as const;
    const resize = {
      type: "resize",
      settings: { width: 8, height: 6, fit: "fill", kernel: "linear" },
    } as const;
    const expected: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const path = join(home, `${i}.${formats[i % 3]}`);
      expected.push((await deferredImage(path, settings, [resize]).materialize()).data as Uint8Array);
    }
    for (const [access, numWorkers] of [
      ["random", 0],
      ["random", 1],
      ["blocks", 0],
      ["stream", 0],
    ] as const) {
      expect((await photosOf(use, { access }, { numWorkers })).equals(Buffer.concat(expected))).toBe(true);
    }
  });

  it("may be missing where the column says so, and are named by table, key and column where they are none", async () => {
    const photo = { table: "odd", label: undefined };
    const registry = new Registry();
    for (const plugin of [...files, ...databases]) registry.add(plugin);
    registry.provide(LoggerService, logger);
    const given = { ...connections[use as "sqlite"], ...asked, ...photo, columns: { photo: "image?" } };
    const options = registry.get("source", use).options.parse(given);
    const dataset = await registry.create("source", use, options, {
      baseUrl: pathToFileURL(`${home}/`),
      seed: 0,
    });
    const [sample] = (await (dataset as Dataset).getMany?.([0], { epoch: 0 })) ?? [];
    expect(sample).toEqual({ photo: null });
    await dataset.close?.();
    await registry.close();
    await expect(photosOf(use, photo, {})).rejects.toThrow(/"photo" of table "odd" must hold a value.*id=1/);
    const dropped = { photo: { type: "image", missing: "drop" } };
    await expect(photosOf(use, { ...photo, columns: dropped }, {})).rejects.toMatchObject({
      code: "FILE_FORMAT",
      where: expect.arrayContaining(['column "photo" of table "odd" at id=2']) as unknown,
    });
  });
});

it("need a package that decodes them", async () => {
  const [sqlite] = databases;
  const parsed = sqlite.options.parse({ ...connections.sqlite, ...asked });
  const opening = Promise.resolve(sqlite.create(parsed, { baseUrl: pathToFileURL(`${home}/`), seed: 0 }));
  await expect(opening).rejects.toThrow("images must have a decoder");
});

it("train a model that judges picture files, by their paths in a table too", async () => {
  const spec = {
    seed: 1,
    source: { use: "sqlite", with: { ...connections.sqlite, ...asked } },
    split: { train: 0.75, validation: 0.25 },
    transforms,
    loader: { batchSize: 6, shuffle: true },
    model: {
      use: "layers",
      with: { layers: [{ type: "flatten" }, { type: "dense", units: 2, activation: "softmax" }] },
    },
    trainer: { use: "tfjs", with: { device: "cpu", epochs: 3, input: "photo" } },
  };
  await writeFile(join(home, "spec.json"), JSON.stringify(spec));
  await writeFile(join(home, "new.csv"), "photo,note\n3.png,a\ngone.png,b\n");
  await writeFile(join(home, "new.jsonl"), '{"photo":"4.jpeg"}\n{"photo":7}\n');
  const trained = await millrace(["run", "spec.json", "--out", "run"], home);
  expect([trained.code, trained.stderr]).toEqual([0, ""]);
  const words = ["0.png", "new.csv", "new.jsonl", "--top", "1"];
  const { stdout, stderr } = await millrace(["predict", "run", ...words], home);
  const answers = stdout.trimEnd().split("\n");
  expect(answers.map((line) => line.split(",")[0])).toEqual(["input", "0.png", "new.csv:2", "new.jsonl:1"]);
  expect(stderr).toMatch(/error: new\.csv:3: an image file is no longer there.*gone\.png/);
  expect(stderr).toContain('"photo" must be the path of an image file, was 7');
}, 60_000);
