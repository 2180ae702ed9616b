import { execFileSync } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Dataset, heapAllocator } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import duckdb from "./duckdb.js";

const context = { epoch: 0 };
let folder: string;
const opened: Dataset[] = [];
const baseUrl = () => pathToFileURL(`${folder}/`);
const open = async (options: object, shared?: unknown) => {
  const given = { baseUrl: baseUrl(), seed: 1, shared };
  const dataset = (await duckdb.create(duckdb.options.parse(options), given)) as Dataset;
  opened.push(dataset);
  return dataset;
};

async function write(path: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, path));
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace ünïcode 'duck' "));
  const at = (name: string) => join(folder, name).replaceAll("'", "''");
  await write(
    "flowers.duckdb",
    `CREATE TABLE flowers (id INTEGER PRIMARY KEY, length DOUBLE, width FLOAT, petals SMALLINT, wild BOOLEAN,
       species VARCHAR, photo BLOB, seen TIMESTAMPTZ, price DECIMAL(8, 2), embedding FLOAT[2], tags UUID);
     INSERT INTO flowers SELECT 10 * (30 - i), i / 2.0, i / 8.0, i % 7, i % 2 = 0, (['setosa', 'virginica', 'ärmlich'])[i % 3 + 1],
       from_hex(printf('%02x', i)), TIMESTAMPTZ '2020-01-01 00:00:00.5+00' + to_days(i::INT), i * 1.25, [i, i / 2.0], uuid()
       FROM range(30) AS r (i);
     CREATE TABLE judged (wine BIGINT, judge VARCHAR, score DOUBLE, PRIMARY KEY (judge, wine));
     INSERT INTO judged VALUES (2, 'zoë', 1), (9007199254740993, 'zoë', 2), (9007199254740992, 'a''b', 3), (-9223372036854775808, 'zoë', 4);
     CREATE TABLE dirty (x DOUBLE, kind VARCHAR); INSERT INTO dirty VALUES (1, 'a'), (NULL, 'b'), ('nan', NULL), (1e39, 'b');
     CREATE VIEW wide AS SELECT id, length FROM flowers;
     COPY (SELECT id, length, species FROM flowers ORDER BY id) TO '${at("flowers.parquet")}' (FORMAT parquet);
     COPY (SELECT id, length, species FROM flowers WHERE id <= 150) TO '${at("part-1.csv")}';
     COPY (SELECT id, length, species FROM flowers WHERE id > 150) TO '${at("part-2.csv")}';
     COPY (SELECT id, petals FROM flowers) TO '${at("petals.json")}'`,
  );
  await mkdir(join(folder, "folder.parquet"));
  await writeFile(join(folder, "text.duckdb"), "no database at all".repeat(1000));
  execFileSync("mkfifo", [join(folder, "pipe.parquet")]);
});
afterEach(async () => {
  for (const dataset of opened.splice(0)) await dataset.close?.();
});
afterAll(() => rm(folder, { recursive: true }));

testSource({
  plugin: duckdb,
  baseUrl,
  options: {
    path: "flowers.duckdb",
    table: "flowers",
    label: "species",
    columns: ["photo", "seen", "price", "embedding", "tags"],
  },
  length: 30,
  facts: { labels: ["setosa", "virginica", "ärmlich"], features: ["length", "width", "petals", "wild"] },
  columns: ["label", "species", "length", "id", "seen"],
  invalidOptions: [
    { name: "nothing to read", options: { path: "flowers.duckdb" }, message: /one of `table`, `query`/ },
    { name: "a missing file", options: { path: "no.duckdb", table: "t" }, message: /was "no.duckdb"/ },
    { name: "a folder", options: { path: ".", table: "t" }, message: /was a folder/ },
    {
      name: "another file",
      options: { path: "text.duckdb", table: "t" },
      message: /must be what its name says/,
    },
    {
      name: "an unknown table",
      options: { path: "flowers.duckdb", table: "flower" },
      message: /did you mean "flowers"/,
    },
    {
      name: "files of another kind",
      options: { from: "x.xlsx" },
      message: /must name files that end in parquet/,
    },
    { name: "a pattern without files", options: { from: "x*.parquet" }, message: /matches none/ },
    { name: "a folder in a file's place", options: { from: "folder.parquet" }, message: /was a folder/ },
    { name: "a pipe", options: { from: "pipe.parquet" }, message: /was a pipe/ },
  ],
});

testSource({
  plugin: duckdb,
  baseUrl,
  options: { from: "flowers.parquet", label: "species", columns: ["id"] },
  length: 30,
  columns: ["label", "length"],
});

testSource({
  plugin: duckdb,
  baseUrl,
  options: { path: "flowers.duckdb", table: "judged", columns: ["judge"] },
});

describe("DuckDB", () => {
  it("gives every type as it is declared", async () => {
    const dataset = await open({
      path: "flowers.duckdb",
      table: "flowers",
      label: "species",
      columns: ["wild", "photo", "seen", "price", "embedding", "id"],
    });
    expect(await dataset.get(0, context)).toEqual({
      features: Float32Array.of(14.5, 3.625, 1),
      label: 2,
      wild: 0,
      photo: Uint8Array.of(29),
      seen: Date.UTC(2020, 0, 30) / 1000 + 0.5,
      price: 36.25,
      embedding: Float32Array.of(29, 14.5),
      id: 10,
    });
    expect(await dataset.column?.("width")).toEqual(
      Float64Array.from({ length: 30 }, (_, i) => (29 - i) / 8),
    );
  });

  it("is keyed by its primary key, of several columns too, else by the row id, or the row of a Parquet file", async () => {
    const judged = await open({ path: "flowers.duckdb", table: "judged" });
    expect(Array.from({ length: 4 }, (_, i) => judged.key?.(i))).toEqual([
      `judged judge="a'b" wine=9007199254740992`,
      'judged judge="zoë" wine=-9223372036854775808',
      'judged judge="zoë" wine=2',
      'judged judge="zoë" wine=9007199254740993',
    ]);
    expect((await open({ path: "flowers.duckdb", table: "dirty" })).key?.(3)).toBe("dirty rowid=3");
    const files = await open({ from: "flowers.parquet", features: ["length"] });
    expect(files.key?.(29)).toBe("flowers.parquet file_row_number=29");
  });

  it.each([
    ["lie in the order of their keys", { path: "flowers.duckdb", table: "wide", key: "id" }],
    ["do not", { path: "flowers.duckdb", table: "flowers", features: ["length"], columns: ["species"] }],
    ["lie in a file", { from: "flowers.parquet", label: "species" }],
  ])("reads blocks of rows that %s, in whatever order they are asked for", async (_, options) => {
    const alone = await open({ ...options, access: "random" });
    const blocks = await open({ ...options, access: "blocks", blockSize: 4 });
    const inTurn = Array.from({ length: 30 }, (_, i) => i);
    const orders = [inTurn, inTurn.toReversed(), [7, 7, 0, 29, 7, 12], inTurn.map((i) => (i * 7) % 30)];
    for (const order of orders) {
      for (let first = 0; first < order.length; first += 5) {
        const indices = order.slice(first, first + 5);
        const [own, wanted] = await Promise.all(
          [blocks, alone].map((each) => each.getBatch?.(indices, context, heapAllocator)),
        );
        expect(own).toEqual(wanted);
        const samples = await Promise.all(indices.map((index) => alone.get(index, context)));
        expect(await blocks.getMany?.(indices, context)).toEqual(samples);
      }
    }
  });

  it("reads several files as one table, and joins files by the names that the query has for them", async () => {
    const parts = await open({ from: "part-?.csv", key: "id", label: "species" });
    expect([parts.length, parts.key?.(29)]).toEqual([30, "part-?.csv id=300"]);
    const joined = await open({
      from: { measures: "part-*.csv", petals: "petals.json" },
      query: "SELECT * FROM measures JOIN petals USING (id) WHERE petals > ?",
      values: [4],
      key: "id",
      features: ["length", "petals"],
    });
    expect(joined.length).toBe(8);
    expect(await joined.get(0, context)).toEqual({ features: Float32Array.of(13.5, 6) });
  });

  it.each([
    [
      "another file",
      "SELECT 1 AS id, * FROM read_csv('/etc/passwd')",
      /must be a SELECT .*Cannot access file|Permission/,
    ],
    ["a file that it would write", "COPY (SELECT 1) TO 'x.csv'", /one SELECT/],
    ["two statements", "SELECT 1 AS id; SELECT 2", /one statement, was "SELECT"/],
    ["what it does not understand", "SELECT * FROM flower", /DuckDB understands: .*flower does not exist/],
    ["no key", "SELECT length FROM flowers", /the query must have a key/],
    ["double keys", "SELECT a.id, b.length FROM flowers a, flowers b", /unique, but id=10 is there twice/],
  ])("refuses a query of %s", async (_, query, message) => {
    const key = query.includes(" id") || query.includes(".id") ? { key: "id" } : {};
    await expect(open({ path: "flowers.duckdb", query, ...key })).rejects.toThrow(message);
  });

  it.each([
    [1, /column "x" of table "dirty" must hold a number, was NULL at rowid=1/],
    [2, /column "x" .* finite number .*, was NaN at rowid=2/],
    [3, /column "x" .* finite number that fits .* was 1e\+39 at rowid=3/],
  ])("names table, column and key of a value that cannot be (%i)", async (index, message) => {
    const dataset = await open({ path: "flowers.duckdb", table: "dirty" });
    await expect(dataset.get(index, context)).rejects.toThrow(message);
    await expect(dataset.getBatch?.([0, index], context, heapAllocator)).rejects.toThrow(message);
  });
});
