/** Tables as others make them: types that few know, gaps among whole numbers, keys in old character sets, batches that are very large. */
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Dataset, heapAllocator } from "@millrace/core";
import Database from "libsql";
import { afterAll, describe, expect, it } from "vitest";
import duckdbSource from "../src/duckdb.js";
import mysqlSource from "../src/mysql.js";
import postgresSource from "../src/postgres.js";
import sqliteSource from "../src/sqlite.js";
import { folder, open } from "./opening.js";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
});

type Batch = Record<string, { dtype: string; data: ArrayLike<number> }>;

const context = { epoch: 0 };
const batchOf = async (dataset: Dataset): Promise<Batch> =>
  (await dataset.getBatch?.([...Array(dataset.length).keys()], context, heapAllocator)) as Batch;

const drivers = [
  {
    name: "SQLite",
    source: sqliteSource,
    at: { path: "odd.db" },
    isThere: true,
    exec: async (sql: string) => {
      const database = new Database(join(folder, "odd.db"));
      database.exec(sql);
      database.close();
    },
  },
  {
    name: "DuckDB",
    source: duckdbSource,
    at: { path: "odd.duckdb" },
    isThere: true,
    exec: async (sql: string) => {
      const instance = await DuckDBInstance.create(join(folder, "odd.duckdb"));
      const connection = await instance.connect();
      await connection.run(sql);
      connection.closeSync();
      instance.closeSync();
    },
  },
  {
    name: "PostgreSQL",
    source: postgresSource,
    at: { url: postgres?.url },
    isThere: postgres !== undefined,
    exec: async (sql: string) => postgres?.exec(sql),
  },
  {
    name: "MySQL",
    source: mysqlSource,
    at: { url: mysql?.url },
    isThere: mysql !== undefined,
    exec: async (sql: string) => mysql?.exec(sql),
  },
] as const;

describe.each(drivers)("a table of $name", ({ name, source, at, isThere, exec }) => {
  it.skipIf(!isThere)(
    "has NaN in its batches where whole numbers are missing, and whole ones where none is",
    async () => {
      await exec(`CREATE TABLE gaps (id int PRIMARY KEY, n int, m int, x real);
      INSERT INTO gaps VALUES (1, 7, 7, 1.5), (2, NULL, 8, NULL)`);
      const dataset = await open(source, { ...at, table: "gaps", features: [], columns: ["n", "m", "x"] });
      expect(await dataset.get(1, context)).toEqual({ n: null, m: 8, x: null });
      const { n, m, x } = await batchOf(dataset);
      expect([n.dtype, ...Array.from(n.data)]).toEqual(["float64", 7, Number.NaN]);
      expect([m.dtype, ...Array.from(m.data)]).toEqual(["int32", 7, 8]);
      expect([x.dtype, ...Array.from(x.data)]).toEqual(["float32", 1.5, Number.NaN]);
      expect(dataset.fields).toMatchObject({ n: { type: "float64", nullable: true }, m: { type: "int32" } });
    },
  );

  it.skipIf(!isThere)("has the classes that its bytes tell apart, whatever its collation", async () => {
    const collation =
      { MySQL: "COLLATE utf8mb4_general_ci", SQLite: "COLLATE NOCASE", DuckDB: "COLLATE NOCASE" }[
        name as "MySQL"
      ] ?? "";
    await exec(`CREATE TABLE classes (id int PRIMARY KEY, kind varchar(9) ${collation}, word varchar(9) ${collation});
      INSERT INTO classes VALUES (1, 'cat', 'x'), (2, 'Cat', 'X'), (3, 'cat ', 'x'), (4, 'dog', 'x ')`);
    const dataset = await open(source, {
      ...at,
      table: "classes",
      label: "kind",
      columns: { word: "class" },
    });
    expect(dataset.facts).toMatchObject({
      labels: ["Cat", "cat", "cat ", "dog"],
      categories: { word: ["X", "x", "x "] },
    });
    expect(await dataset.getMany?.([0, 1, 2, 3], context)).toEqual([
      { label: 1, word: 1 },
      { label: 0, word: 0 },
      { label: 2, word: 1 },
      { label: 3, word: 2 },
    ]);
  });

  it.skipIf(!isThere)(
    "has decimals as numbers where these hold all digits, as texts, or as float32 by choice",
    async () => {
      await exec(
        "CREATE TABLE prices (id int PRIMARY KEY, p decimal(30, 10)); INSERT INTO prices VALUES (1, 2.5), (2, 12345678901234567890.5)",
      );
      const typed = (type: string) =>
        open(source, { ...at, table: "prices", features: [], columns: { p: type } });
      expect(await (await typed("float64")).get(0, context)).toEqual({ p: 2.5 });
      expect(await (await typed("float32")).get(1, context)).toEqual({ p: Number("12345678901234567890.5") });
      // SQLite has no decimals: it keeps the nearest double.
      if (name === "SQLite") return;
      await expect((await typed("float64")).get(1, context)).rejects.toThrow(
        /a decimal of at most 15 digits, or be read as text/,
      );
      expect(await (await typed("text")).get(1, context)).toEqual({ p: "12345678901234567890.5000000000" });
    },
  );

  it.skipIf(!isThere)("is read by a query whose columns are values, NULL first among them", async () => {
    await exec("CREATE TABLE valued (id int PRIMARY KEY, n int); INSERT INTO valued VALUES (1, 7), (2, 8)");
    const dataset = await open(source, {
      ...at,
      query: "SELECT id, n, ? AS gone, ? AS said FROM valued WHERE n < ?",
      values: [null, "it's ?", 8],
      key: "id",
      features: ["n"],
      columns: ["said", "gone"],
    });
    expect(await dataset.get(0, context)).toEqual({
      features: Float32Array.of(7),
      said: "it's ?",
      gone: null,
    });
    const more = await open(source, {
      ...at,
      query: "SELECT id, ? AS said FROM valued",
      values: ["ü"],
      key: "id",
      columns: ["said"],
    });
    expect(await batchOf(more)).toEqual({ said: ["ü", "ü"] });
  });

  it.skipIf(!isThere)(
    "is not keyed by a column with gaps, nor by integers that no 64 bits hold",
    async () => {
      await exec("CREATE TABLE holes (id int UNIQUE, n int); INSERT INTO holes VALUES (1, 7), (NULL, 8)");
      await expect(open(source, { ...at, table: "holes", key: "id" })).rejects.toThrow(
        /the key "id" .* must be there in every row, but NULL is among them/,
      );
      if (name !== "MySQL") return;
      await exec(
        "CREATE TABLE large (id bigint unsigned PRIMARY KEY, n int); INSERT INTO large VALUES (18446744073709551615, 1)",
      );
      await expect(open(source, { ...at, table: "large" })).rejects.toThrow(
        /must be all integers from −2\^63 to 2\^63 − 1/,
      );
    },
  );

  it.skipIf(!isThere)(
    "gives a batch of more rows than a statement takes values",
    { timeout: 60_000 },
    async () => {
      const rows = Array.from({ length: 40_000 }, (_, i) => `(${i}, 'it''s\\ ${i}')`);
      await exec(`CREATE TABLE many (id int, word varchar(20), PRIMARY KEY (id, word))`);
      for (let i = 0; i < rows.length; i += 10_000)
        await exec(
          `${name === "MySQL" ? "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES'); " : ""}INSERT INTO many VALUES ${rows.slice(i, i + 10_000).join(", ")}`,
        );
      const dataset = await open(source, { ...at, table: "many", features: ["id"], access: "random" });
      const { features } = await batchOf(dataset);
      expect(features.data).toHaveLength(40_000);
      expect(features.data[39_999]).toBe(39_999);
      const byWord = await open(source, {
        ...at,
        table: "many",
        key: "word",
        features: ["id"],
        access: "random",
      });
      expect(Array.from((await batchOf(byWord)).features.data).sort((a, b) => a - b)[39_999]).toBe(39_999);
    },
  );
});

describe.skipIf(postgres === undefined)("types of PostgreSQL", () => {
  it("that stand for others are these, and those that nothing else has are texts", async () => {
    await postgres?.exec(`CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN small AS positive CHECK (VALUE < 9);
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE odd (id positive PRIMARY KEY, s small, o oid, m mood, i inet, v interval, b bit(3));
      INSERT INTO odd VALUES (1, 3, 4294967295, 'ok', '10.0.0.1', '1 day', B'101'), (2, 4, 1, NULL, NULL, NULL, NULL)`);
    const dataset = await open(postgresSource, {
      url: postgres?.url,
      table: "odd",
      columns: ["o", "m", "i", "v", "b"],
    });
    expect(dataset.facts?.features).toEqual(["s"]);
    expect(await dataset.get(0, context)).toEqual({
      features: Float32Array.of(3),
      o: "4294967295",
      m: "ok",
      i: "10.0.0.1/32",
      v: "1 day",
      b: "101",
    });
    expect(await batchOf(dataset)).toMatchObject({
      m: ["ok", null],
      i: ["10.0.0.1/32", null],
      v: ["1 day", null],
      b: ["101", null],
    });
  });
});

describe.skipIf(postgres === undefined)("a date of PostgreSQL", () => {
  it("that is infinite is refused where a field is a date, as other numbers that are not finite are", async () => {
    await postgres?.exec(
      "CREATE TABLE ends (id int PRIMARY KEY, d date); INSERT INTO ends VALUES (1, 'infinity')",
    );
    const dataset = await open(postgresSource, {
      url: postgres?.url,
      table: "ends",
      columns: { d: "date" },
      features: [],
    });
    await expect(dataset.get(0, context)).rejects.toThrow(
      'column "d" of table "ends" must hold a date that is finite, was Infinity at id=1',
    );
  });
});

describe.skipIf(mysql === undefined)("types of MySQL", () => {
  it("that are one bit are truth values: features, labels and columns", async () => {
    await mysql?.exec(
      "CREATE TABLE bits (id int PRIMARY KEY, b bit(1), f bit(1), w bit(12)); INSERT INTO bits VALUES (1, b'1', b'0', b'101'), (2, b'0', b'1', b'1')",
    );
    const dataset = await open(mysqlSource, { url: mysql?.url, table: "bits", label: "b", columns: ["w"] });
    expect(dataset.facts?.labels).toEqual(["0", "1"]);
    expect(await dataset.get(0, context)).toEqual({
      features: Float32Array.of(0),
      label: 1,
      w: Uint8Array.of(0, 5),
    });
    const named = await open(mysqlSource, { url: mysql?.url, table: "bits", columns: ["b"] });
    expect((await batchOf(named)).b).toMatchObject({ dtype: "int32", data: Int32Array.of(1, 0) });
  });

  it("that are places are texts", async () => {
    await mysql?.exec(
      "CREATE TABLE places (id int PRIMARY KEY, p point); INSERT INTO places VALUES (1, POINT(1, 2)), (2, NULL)",
    );
    const dataset = await open(mysqlSource, { url: mysql?.url, table: "places", columns: ["p"] });
    expect(await dataset.get(0, context)).toEqual({ p: "POINT(1 2)" });
    expect(await batchOf(dataset)).toEqual({ p: ["POINT(1 2)", null] });
  });

  it("that are texts of another character set are keys, among others too", async () => {
    await mysql?.exec(`CREATE TABLE old (word varchar(9) CHARACTER SET latin1, n int, PRIMARY KEY (word, n));
      INSERT INTO old VALUES ('é', 1), ('é', 2), ('a', 1)`);
    for (const read of [{ table: "old" }, { query: "SELECT * FROM old", key: ["word", "n"] }]) {
      const dataset = await open(mysqlSource, { url: mysql?.url, ...read, features: ["n"] });
      expect([0, 1, 2].map((i) => dataset.key?.(i).replace(/^\w+ /, ""))).toEqual([
        'word="a" n=1',
        'word="é" n=1',
        'word="é" n=2',
      ]);
      expect(Array.from((await batchOf(dataset)).features.data)).toEqual([1, 1, 2]);
    }
  });
});
