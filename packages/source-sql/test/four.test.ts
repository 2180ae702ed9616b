/** One spec, changed only in driver and connection: the same batches, byte for byte. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { LoggerService } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const folder = await mkdtemp(join(tmpdir(), "millrace-four-"));
const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
const silent = { debug() {}, info() {}, warn() {}, error() {} };

const judges =
  "CREATE TABLE judges (judge INTEGER PRIMARY KEY, weight INTEGER); INSERT INTO judges VALUES (0, 3), (1, 5), (2, 8), (3, 1), (4, 2)";

/** Rows in no order, with keys that have gaps; values are the same literals for every database. */
const rows = Array.from({ length: 203 }, (_, i) => {
  const id = ((i * 7919) % 203) * 3 + 1;
  // Of few digits: SQLite does not always take a long literal for the double that is nearest.
  const x = Math.round(Math.sin(id) * 2 ** (4 + (id % 20))) / 2 ** 9;
  const kind = ["setosa", "Ärmlich", "virginica", "it''s"][(id * 31) % 4];
  const seen = new Date(Date.UTC(2020, 0, 1, 0, 0, id * 1000)).toISOString().slice(0, 19).replace("T", " ");
  const vector = Buffer.from(Float32Array.of(id, x).buffer).toString("hex");
  const missing = id % 11 === 0 ? "NULL" : String(x / 2);
  return `(${id}, ${x}, ${x / 4 - 1}, ${(id * 37) % 1000}, '${kind}', 'note ${id} €', ${id % 5}, '${seen}', ${missing}, BLOB(${vector}), '{"by": {"name": "ä ${id % 7}"}, "size": ${id / 2}, "tags": [${id % 3}, 2]}')`;
}).join(", ");
/** Statements that make the table, in a database's own words for doubles, times and bytes. */
const make = (double: string, time: string, bytes: string, blob: string, json: string) => `
  CREATE TABLE flowers (id INTEGER PRIMARY KEY, x ${double}, y ${double}, n INTEGER, kind VARCHAR(20), note VARCHAR(20),
    judge INTEGER, seen ${time}, w ${double}, v ${bytes}, about ${json});
  INSERT INTO flowers VALUES ${rows.replaceAll(/BLOB\((\w+)\)/g, blob)};
  ${judges}`;
const connections = {
  sqlite: { path: "flowers.db" },
  duckdb: { path: "flowers.duckdb", access: "random" },
  ...(postgres && { postgres: { url: postgres.url } }),
  ...(mysql && { mysql: { url: mysql.url } }),
};
const drivers = Object.keys(connections) as (keyof typeof connections)[];

beforeAll(async () => {
  const file = new Database(join(folder, "flowers.db"));
  file.exec(make("REAL", "TEXT", "BLOB", "x'$1'", "TEXT"));
  file.close();
  const instance = await DuckDBInstance.create(join(folder, "flowers.duckdb"));
  const connection = await instance.connect();
  await connection.run(make("DOUBLE", "TIMESTAMP", "BLOB", "from_hex('$1')", "JSON"));
  connection.closeSync();
  instance.closeSync();
  await postgres?.exec(make("float8", "timestamp", "bytea", "'\\x$1'", "jsonb"));
  await mysql?.exec(make("double", "datetime", "blob", "x'$1'", "json"));
});
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
  await rm(folder, { recursive: true });
});

async function lineOf(use: string, options: object, loader: object) {
  const registry = new Registry();
  registry.provide(LoggerService, silent);
  const url = pathToFileURL(join(folder, "spec.json"));
  const spec = {
    plugins: [
      new URL("../dist/index.js", import.meta.url).href,
      new URL("./nothing.mjs", import.meta.url).href,
    ],
    seed: 5,
    source: { use, with: { ...connections[use as "sqlite"], label: "kind", ...options } },
    split: { train: 0.8, validation: 0.2, ...("labelType" in options ? {} : { stratifyBy: "label" }) },
    model: { use: "nothing" },
    trainer: { use: "nothing" },
    loader: { batchSize: 16, ...loader },
  };
  const given = { registry, defaults: ["@millrace/core/builtin"], fallbackUrl: import.meta.url };
  const checked = await checkSpec(parseSpecText(JSON.stringify(spec), "spec.json", url), given);
  return openLine(checked.spec, { registry, modules: checked.modules, url, logger: silent });
}

/** Every byte of a batch, under the names and types of its fields. */
function bytesOf(data: unknown): string {
  return Object.entries(data as Record<string, { dtype?: string; shape?: number[]; data?: Float32Array }>)
    .map(([field, { dtype, shape, data: array, ...rest }]) =>
      array === undefined
        ? `${field} ${JSON.stringify(rest)}`
        : `${field} ${dtype} ${shape?.join(",")} ${Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("hex")}`,
    )
    .join("\n");
}

/** Two epochs of training and the validation, in the second from `after` batches on where it is resumed. */
async function epochsOf(use: string, options: object, loader: object, stop?: number): Promise<string[]> {
  const seen: string[] = [];
  const line = await lineOf(use, options, loader);
  const { train, validation } = line.loaders;
  let state: unknown;
  for await (const { data } of train) seen.push(bytesOf(data));
  for await (const { data, step } of train) {
    seen.push(bytesOf(data));
    if (step + 1 === stop) {
      state = JSON.parse(JSON.stringify(train.state()));
      break;
    }
  }
  if (stop === undefined) for await (const { data } of validation ?? []) seen.push(bytesOf(data));
  await line.close();
  if (state === undefined) return seen;
  const again = await lineOf(use, options, loader);
  again.loaders.train.resume(state);
  for await (const { data } of again.loaders.train) seen.push(bytesOf(data));
  for await (const { data } of again.loaders.validation ?? []) seen.push(bytesOf(data));
  await again.close();
  return seen;
}

const typed = {
  when: { type: "date", from: "seen" },
  w: { type: "float32", missing: "drop" },
  filled: { type: "float64", from: "w", missing: { fill: -1 } },
  judge: "class",
  v: "float32[2]",
  pair: { type: "float64[2]", from: ["x", "y"] },
  n: "text",
};
const documents = { about: "json", at: { type: "timestamp", from: "seen" } };
const query =
  "SELECT f.id, f.x * 2 AS twice, j.weight, f.kind, f.note FROM flowers f JOIN judges j ON j.judge = f.judge WHERE j.weight > ?";

describe(`the epochs of one spec from ${drivers.join(", ")}`, () => {
  it.each([
    ["a table", { table: "flowers", features: ["x", "y", "n", "judge"] }],
    [
      "a table with columns that pass through",
      { table: "flowers", features: ["y", "judge"], columns: ["note", "n", "x"] },
    ],
    [
      "a table in blocks",
      { table: "flowers", access: "blocks", blockSize: 20, features: ["x", "y"], columns: ["note"] },
    ],
    [
      "fields with types, rows without a value left out",
      { table: "flowers", features: ["x"], columns: typed },
    ],
    ["columns of JSON", { table: "flowers", features: ["x"], columns: documents }],
    [
      "columns of JSON in blocks",
      { table: "flowers", features: ["x"], columns: documents, access: "blocks", blockSize: 20 },
    ],
    [
      "the same in blocks",
      { table: "flowers", features: [], columns: typed, access: "blocks", blockSize: 20 },
    ],
    ["a join of two tables", { query, values: [1], key: "id", features: ["twice", "weight"] }],
    [
      "numbers as labels",
      { table: "flowers", features: ["x", "n"], label: "y", labelType: "number", key: ["judge", "id"] },
    ],
  ])("are the same, byte for byte: %s", { timeout: 120_000 }, async (_, options) => {
    const shuffle =
      "blockSize" in options
        ? { sampler: { use: "block-shuffle", with: { blockSize: 20, bufferBlocks: 2 } } }
        : { shuffle: true };
    const expected = await epochsOf("sqlite", options, shuffle);
    expect(new Set(expected).size).toBe(expected.length);
    for (const use of drivers) {
      expect(await epochsOf(use, options, shuffle), `${use}, one thread`).toEqual(expected);
      // Where a run goes on depends on the order, and not on what is read: the shortest of the specs says as much as all.
      if ("columns" in options) continue;
      expect(await epochsOf(use, options, shuffle, 4), `${use}, resumed`).toEqual(expected);
    }
  });

  it("are the same with two workers, one resumed in the middle of an epoch", {
    timeout: 240_000,
  }, async () => {
    const options = { table: "flowers", features: ["x", "y"], columns: ["note"] };
    const expected = await epochsOf("sqlite", options, { shuffle: true });
    for (const use of drivers) {
      const inWorkers = await epochsOf(
        use,
        options,
        { shuffle: true, numWorkers: 2 },
        use === "duckdb" ? 5 : undefined,
      );
      expect(inWorkers, `${use}, two workers`).toEqual(expected);
    }
  });
});
