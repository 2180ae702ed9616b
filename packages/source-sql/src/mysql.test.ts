import { type Dataset, heapAllocator } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mysqlDatabase } from "../test/servers.js";
import { ConnectionsService } from "./connections/service.js";
import mysql from "./mysql.js";

const database = await mysqlDatabase();
const context = { epoch: 0 };
const url = database?.url ?? "";

afterAll(() => database?.drop());

describe.skipIf(database === undefined)("MySQL or MariaDB", () => {
  const opened: Dataset[] = [];
  const open = async (options: object) => {
    const connections = (await ConnectionsService.create?.({})) as never;
    const given = { baseUrl: new URL(import.meta.url), seed: 1, connections };
    const dataset = (await mysql.create(mysql.options.parse({ url, ...options }), given)) as Dataset;
    opened.push(dataset);
    return dataset;
  };
  afterEach(async () => {
    for (const dataset of opened.splice(0)) await dataset.close?.();
  });

  beforeAll(async () => {
    const flowers = Array.from({ length: 30 }, (_, i) => {
      const species = ["setosa", "virginica", "ärmlich"][i % 3];
      const day = new Date(Date.UTC(2020, 0, 1 + i, 0, 0, 0)).toISOString().slice(0, 19).replace("T", " ");
      return `(${10 * (30 - i)}, ${i / 2}, ${i / 8}, ${i % 7}, ${i % 2 === 0}, '${species}', x'${i.toString(16).padStart(2, "0")}', '${day}.5', ${i * 1.25})`;
    });
    await database?.exec(`
      CREATE TABLE flowers (id int PRIMARY KEY, length double, width float, petals smallint, wild bool,
        species varchar(20), photo blob, seen datetime(3), price decimal(8, 2));
      INSERT INTO flowers VALUES ${flowers.join(", ")};
      CREATE TABLE words (word varchar(10) COLLATE utf8mb4_general_ci, n int, big bigint);
      INSERT INTO words VALUES ('a', 1, 9007199254740993), ('ä', 2, 2), ('z''\\\\b', 3, 3), ('€', 4, 4);
      CREATE TABLE cases (word varchar(10) COLLATE utf8mb4_bin PRIMARY KEY, n int);
      INSERT INTO cases VALUES ('a', 1), ('A', 2), ('ä', 3);
      CREATE TABLE judged (wine bigint, judge varchar(10), score double, PRIMARY KEY (judge, wine));
      INSERT INTO judged VALUES (2, 'zoë', 1), (9007199254740993, 'zoë', 2), (9007199254740992, 'a''b', 3), (-9223372036854775808, 'zoë', 4);
      CREATE TABLE dirty (id int PRIMARY KEY, x double, kind text);
      INSERT INTO dirty VALUES (1, 1, 'a'), (2, NULL, 'b'), (3, 1e39, NULL)`);
  });

  testSource({
    plugin: mysql,
    options: { url, table: "flowers", label: "species", columns: ["photo", "seen", "price"] },
    length: 30,
    facts: { labels: ["setosa", "virginica", "ärmlich"], features: ["length", "width", "petals", "wild"] },
    columns: ["label", "species", "length", "id", "seen"],
    invalidOptions: [
      { name: "an unknown table", options: { url, table: "flower" }, message: /did you mean "flowers"/ },
      {
        name: "a server that is not there",
        options: { url: "mysql://127.0.0.1:1/none", table: "t" },
        message: /MySQL could not be reached.*ECONNREFUSED/,
      },
      {
        name: "a wrong password",
        options: { url: url.replace(/\/\/[^@]*@/, "//nobody@"), table: "t" },
        message: /must accept the user and password/,
      },
    ],
  });

  testSource({
    plugin: mysql,
    options: { url, table: "judged", columns: ["judge"] },
    length: 4,
    columns: ["score"],
  });

  it("gives every type as it is declared", async () => {
    const dataset = await open({
      table: "flowers",
      label: "species",
      columns: ["wild", "photo", "seen", "price", "id"],
    });
    expect(await dataset.get(0, context)).toEqual({
      features: Float32Array.of(14.5, 3.625, 1),
      label: 2,
      wild: 0,
      photo: Uint8Array.of(29),
      seen: Date.UTC(2020, 0, 30) / 1000 + 0.5,
      price: 36.25,
      id: 10,
    });
    expect(await dataset.column?.("width")).toEqual(
      Float64Array.from({ length: 30 }, (_, i) => (29 - i) / 8),
    );
  });

  it("is keyed by texts in the order of their bytes, whatever their collation takes for the same", async () => {
    await expect(open({ table: "words", key: "word", features: ["n"] })).rejects.toThrow(
      /unique, but word="(?:a|ä)" is there twice/,
    );
    const dataset = await open({ table: "cases" });
    const all: unknown = await dataset.getMany?.([0, 1, 2], context);
    expect((all as { features: Float32Array }[]).map(({ features }) => features[0])).toEqual([2, 1, 3]);
    expect(await dataset.get(1, context)).toEqual({ features: Float32Array.of(1) });
    expect([0, 1, 2].map((i) => dataset.key?.(i))).toEqual([
      'cases word="A"',
      'cases word="a"',
      'cases word="ä"',
    ]);
  });

  it("names integers that a number does not hold, where they pass through", async () => {
    const dataset = await open({ table: "words", key: "n", columns: ["big"], features: [] });
    expect(await dataset.get(1, context)).toEqual({ big: 2 });
    await expect(dataset.get(0, context)).rejects.toThrow(/within .* was 9007199254740993 at n=1/);
  });

  it("takes a query with values, keyed by the primary key that it passes on", async () => {
    const query = `WITH means AS (SELECT judge, avg(score) AS mean FROM judged WHERE wine <> ? AND judge = ? GROUP BY judge)
      SELECT f.*, mean, 'it''s ?\\' AS said FROM flowers f LEFT JOIN means ON f.petals = 0 WHERE f.id <= ?; -- the end`;
    const dataset = await open({
      query,
      values: [2, "zoë", 100],
      features: ["length"],
      columns: ["said", "mean"],
    });
    expect(dataset.length).toBe(10);
    expect(dataset.key?.(1)).toBe("query id=20");
    expect(await dataset.get(1, context)).toEqual({
      features: Float32Array.of(14),
      mean: 3,
      said: "it's ?\\",
    });
  });

  it.each([
    [
      "two statements",
      "SELECT 1 AS id; DROP TABLE flowers",
      /one statement, was "DROP" at line 1, column 17/,
    ],
    ["a DELETE in a CTE", "WITH a AS (DELETE FROM flowers) SELECT * FROM a", /writes nothing, was "DELETE"/],
    ["what it does not understand", "SELECT * FROM flower", /MySQL understands: .*flower' doesn't exist/],
    ["a name that stands twice", "SELECT id, id FROM flowers", /has "id" twice/],
    ["no key", "SELECT length FROM flowers", /the query must have a key/],
    ["double keys", "SELECT a.id, b.length FROM flowers a, flowers b", /unique, but id=10 is there twice/],
  ])("refuses %s", async (_, query, message) => {
    await expect(open({ query })).rejects.toThrow(message);
  });

  it.each([
    [1, /column "x" of table "dirty" must hold a number, was NULL at id=2/],
    [2, /column "x" .* finite number that fits .* was 1e\+39 at id=3/],
  ])("names table, column and key of a value that cannot be (%i)", async (index, message) => {
    const dataset = await open({ table: "dirty" });
    await expect(dataset.get(index, context)).rejects.toThrow(message);
    await expect(dataset.getBatch?.([0, index], context, heapAllocator)).rejects.toThrow(message);
  });
});
