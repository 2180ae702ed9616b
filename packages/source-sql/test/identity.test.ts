/** What identifies a row where a database's own words for it say less than they seem to. */
import { type Dataset, heapAllocator } from "@millrace/core";
import { afterAll, describe, expect, it } from "vitest";
import mysqlSource from "../src/mysql.js";
import { postgresDialect } from "../src/postgres/dialect.js";
import postgresSource from "../src/postgres.js";
import { open } from "./opening.js";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
});

const context = { epoch: 0 };
const namesOf = (dataset: Dataset) => Array.from({ length: dataset.length }, (_, i) => dataset.key?.(i));
const featuresOf = async (dataset: Dataset, indices: readonly number[]) => {
  const batch = await dataset.getBatch?.(indices, context, heapAllocator);
  return Array.from((batch as { features: { data: ArrayLike<number> } }).features.data);
};

describe.skipIf(mysql === undefined)("a table of MySQL", () => {
  it("is keyed by all columns of a primary key, those too of which it holds the beginning", async () => {
    await mysql?.exec(`CREATE TABLE pages (site int, path varchar(255), x double, PRIMARY KEY (site, path(10)));
      INSERT INTO pages VALUES (1, 'a', 1), (1, 'b', 2), (2, 'a', 3)`);
    const dataset = await open(mysqlSource, { url: mysql?.url, table: "pages" });
    expect(namesOf(dataset)).toEqual([
      'pages site=1 path="a"',
      'pages site=1 path="b"',
      'pages site=2 path="a"',
    ]);
    expect(await featuresOf(dataset, [0])).toEqual([1]);
    expect(await featuresOf(dataset, [2, 1, 0])).toEqual([3, 2, 1]);
  });

  it("is keyed by the one column of which its primary key holds the beginning", async () => {
    await mysql?.exec(`CREATE TABLE links (url text, x double, PRIMARY KEY (url(10)));
      INSERT INTO links VALUES ('a', 1), ('b', 2)`);
    const dataset = await open(mysqlSource, { url: mysql?.url, table: "links" });
    expect(namesOf(dataset)).toEqual(['links url="a"', 'links url="b"']);
  });

  it.each([
    ["of a collation that knows no case", "varchar(40) COLLATE utf8mb4_general_ci", "PRIMARY KEY (k)"],
    ["of another character set", "varchar(40) CHARACTER SET latin1", "PRIMARY KEY (k)"],
    ["beside a number", "varchar(40) COLLATE utf8mb4_general_ci", "PRIMARY KEY (k, n)"],
  ])("has the same rows in blocks as each alone where its key is a text %s", async (_, type, key) => {
    const words = Array.from({ length: 300 }, (_, i) => {
      const word = ((i * 7919) % 300).toString(6);
      return `${i % 2 ? "É" : "a"}${i % 3 ? word : word.toUpperCase()}_${i % 5 ? "" : "'\\ z"}`;
    });
    const rows = words.map((word, i) => `('${word.replaceAll("'", "''")}', ${i}, ${i})`);
    await mysql?.exec(`SET sql_mode = 'NO_BACKSLASH_ESCAPES'; DROP TABLE IF EXISTS words;
      CREATE TABLE words (k ${type} NOT NULL, n int NOT NULL, x double, ${key}); INSERT INTO words VALUES ${rows.join(", ")}`);
    const asked = { url: mysql?.url, table: "words", features: ["x"], columns: ["k"] };
    const alone = await open(mysqlSource, asked);
    const blocks = await open(mysqlSource, { ...asked, access: "blocks", blockSize: 7 });
    await mysql?.exec("DELETE FROM words WHERE n = 61; INSERT INTO words VALUES ('a0', 999, 999)");
    const gone = namesOf(alone).findIndex(
      (name) => name?.endsWith(`"${words[61]}"`) || name?.endsWith("n=61"),
    );
    expect(gone).toBeGreaterThan(-1);
    for (let step = 0; step < 50; step++) {
      const first = 6 * ((step * 17) % 50);
      const indices = Array.from({ length: 6 }, (_, i) => first + i).filter((index) => index !== gone);
      const batch = await blocks.getBatch?.(indices, context, heapAllocator);
      expect(batch).toEqual(await alone.getBatch?.(indices, context, heapAllocator));
    }
    await expect(blocks.get(gone, context)).rejects.toThrow("was deleted");
  });

  it("has no value where a date is of zeros: NaN in a batch, and left out where a field says so", async () => {
    await mysql?.exec(`SET SESSION sql_mode = ''; CREATE TABLE dated (id int PRIMARY KEY, d date NOT NULL);
      INSERT INTO dated VALUES (1, '0000-00-00'), (2, '2020-01-01')`);
    const asked = { url: mysql?.url, table: "dated", features: [] };
    const dataset = await open(mysqlSource, { ...asked, columns: ["d"] });
    expect(await dataset.getBatch?.([0, 1], context, heapAllocator)).toMatchObject({
      d: { dtype: "float64", data: Float64Array.of(Number.NaN, 1_577_836_800) },
    });
    const dropped = await open(mysqlSource, { ...asked, columns: { d: { type: "date", missing: "drop" } } });
    expect(namesOf(dropped)).toEqual(["dated id=2"]);
    expect(await dropped.get(0, context)).toEqual({ d: 1_577_836_800 });
  });
});

describe.skipIf(postgres === undefined)("a table of PostgreSQL whose key is of characters", () => {
  it.each(["PRIMARY KEY (code)", "PRIMARY KEY (code, x)"])("has its rows by their keys: %s", async (key) => {
    await postgres?.exec(`DROP TABLE IF EXISTS coded; CREATE TABLE coded (code char(5), x int, ${key});
      INSERT INTO coded VALUES ('ab', 1), ('ac', 2), ('b', 3)`);
    const dataset = await open(postgresSource, { url: postgres?.url, table: "coded", features: ["x"] });
    expect(await featuresOf(dataset, [2, 0, 1])).toEqual([3, 1, 2]);
    expect(await dataset.get(1, context)).toEqual({ features: Float32Array.of(2) });
  });
});

describe.skipIf(postgres === undefined)("a table of PostgreSQL whose key is a UUID", () => {
  it("is read in the order of its digits, by the key's index", async () => {
    await postgres?.exec(`CREATE TABLE items (id uuid PRIMARY KEY, x float8);
      INSERT INTO items SELECT md5(i::text)::uuid, i FROM generate_series(1, 2000) i; ANALYZE items`);
    const asked = { url: postgres?.url, table: "items", features: ["x"] };
    const alone = await open(postgresSource, asked);
    const names = namesOf(alone);
    expect(names).toEqual(names.toSorted((a, b) => ((a ?? "") < (b ?? "") ? -1 : 1)));
    const blocks = await open(postgresSource, { ...asked, access: "blocks", blockSize: 100 });
    expect(await featuresOf(blocks, [999, 5, 6])).toEqual(await featuresOf(alone, [999, 5, 6]));
    const order = postgresDialect.order({ name: "id", sql: "id", kind: "text", native: "uuid" });
    const bound = postgresDialect.bound({ name: "id", sql: "id", kind: "text", native: "uuid" });
    const id = "'c4ca4238-a0b9-2382-0dcc-509a6f75849b'";
    const plan = await postgres?.exec(
      `EXPLAIN SELECT x FROM items WHERE ${order} >= ${bound.replace("?", id)} AND ${order} <= ${bound.replace("?", id)}`,
    );
    expect(JSON.stringify((plan as { rows: unknown }).rows)).toContain("Index Scan using items_pkey");
  });
});

describe.skipIf(postgres === undefined)("a table of PostgreSQL from which others inherit", () => {
  it("is refused where two of them have the same key", async () => {
    await postgres?.exec(`CREATE TABLE cities (id int PRIMARY KEY, x float8); CREATE TABLE capitals () INHERITS (cities);
      INSERT INTO cities VALUES (1, 1), (2, 2); INSERT INTO capitals VALUES (2, 20), (4, 4)`);
    await expect(open(postgresSource, { url: postgres?.url, table: "cities" })).rejects.toThrow(
      'the key "id" of table "cities" must be unique, but id=2 is there twice',
    );
  });

  it("is read with the rows of all of them", async () => {
    await postgres?.exec(`CREATE TABLE towns (id int PRIMARY KEY, x float8); CREATE TABLE ports () INHERITS (towns);
      INSERT INTO towns VALUES (1, 1), (3, 3); INSERT INTO ports VALUES (2, 2)`);
    const dataset = await open(postgresSource, { url: postgres?.url, table: "towns" });
    expect(namesOf(dataset)).toEqual(["towns id=1", "towns id=2", "towns id=3"]);
    expect(await featuresOf(dataset, [0, 1, 2])).toEqual([1, 2, 3]);
  });
});
