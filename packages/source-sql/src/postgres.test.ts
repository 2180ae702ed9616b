import { heapAllocator, type Dataset } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postgresDatabase } from "../test/servers.js";
import { ConnectionsService } from "./connections/service.js";
import postgres from "./postgres.js";

const database = await postgresDatabase();
const context = { epoch: 0 };
const url = database?.url ?? "";

afterAll(() => database?.drop());

describe.skipIf(database === undefined)("PostgreSQL", () => {
  const opened: Dataset[] = [];
  const open = async (options: object, shared?: unknown) => {
    const connections = (await ConnectionsService.create?.({})) as never;
    const given = { baseUrl: new URL(import.meta.url), seed: 1, shared, connections };
    const dataset = (await postgres.create(postgres.options.parse({ url, ...options }), given)) as Dataset;
    opened.push(dataset);
    return dataset;
  };
  afterEach(async () => {
    for (const dataset of opened.splice(0)) await dataset.close?.();
  });

  beforeAll(async () => {
    await database?.exec(`
      CREATE TABLE flowers (id int PRIMARY KEY, length float8, width real, petals smallint, wild bool,
        species text, photo bytea, seen timestamptz, price numeric(8, 2), embedding float4[]);
      INSERT INTO flowers SELECT 10 * (30 - i), i / 2.0, i / 8.0, i % 7, i % 2 = 0, (ARRAY['setosa', 'virginica', 'ärmlich'])[i % 3 + 1],
        decode(lpad(to_hex(i), 2, '0'), 'hex'), timestamptz '2020-01-01 00:00:00.5+00' + i * interval '1 day', i * 1.25,
        ARRAY[i, i / 2.0]::float4[] FROM generate_series(0, 29) AS i;
      CREATE SCHEMA other; CREATE TABLE other.words (word uuid PRIMARY KEY, n int);
      INSERT INTO other.words SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, i FROM generate_series(1, 5) AS i;
      CREATE TABLE judged (wine bigint, judge text, score float8, PRIMARY KEY (judge, wine));
      INSERT INTO judged VALUES (2, 'zoë', 1), (9007199254740993, 'zoë', 2), (9007199254740992, 'a''b', 3), (-9223372036854775808, 'zoë', 4), (7, 'Zoë', 5);
      CREATE TABLE dirty (id int PRIMARY KEY, x float8, kind text);
      INSERT INTO dirty VALUES (1, 1, 'a'), (2, NULL, 'b'), (3, 'NaN', NULL), (4, 1e39, 'b');
      CREATE TABLE wide (id int PRIMARY KEY, x float8, body bytea);
      INSERT INTO wide SELECT i, i, decode(repeat(lpad(to_hex(i), 2, '0'), 100000), 'hex') FROM generate_series(1, 40) AS i`);
  });

  testSource({
    plugin: postgres,
    options: { url, table: "flowers", label: "species", columns: ["photo", "seen", "price", "embedding"] },
    length: 30,
    facts: { labels: ["setosa", "virginica", "ärmlich"], features: ["length", "width", "petals", "wild"] },
    columns: ["label", "species", "length", "id", "seen"],
    invalidOptions: [
      { name: "no table", options: { url }, message: /table/ },
      {
        name: "an address of another kind",
        options: { url: "mysql://127.0.0.1/test", table: "t" },
        message: /must be an address like postgres:\/\/user@host\/database/,
      },
      {
        name: "an unknown table",
        options: { url, table: "flower" },
        message: /did you mean "flowers"/,
      },
      {
        name: "a server that is not there",
        options: { url: "postgres://127.0.0.1:1/none", table: "t" },
        message: /PostgreSQL could not be reached.*ECONNREFUSED/,
      },
      {
        name: "a database that is not there",
        options: { url: url.replace(/[^/]*$/, "none"), table: "t" },
        message: /the server must have the database/,
      },
      {
        name: "a variable that is not set",
        options: { url: "${env:MILLRACE_NO_SUCH}", table: "t" },
        message: /the variable MILLRACE_NO_SUCH of the environment must be set/,
      },
    ],
  });

  testSource({
    plugin: postgres,
    options: { url, table: "judged", columns: ["judge"] },
    length: 5,
    columns: ["judge", "score", "wine"].slice(0, 2),
  });

  testSource({ plugin: postgres, options: { url, table: "other.words" }, length: 5, columns: ["n"] });

  it("gives every type as it is declared: truth values as numbers, times as seconds, lists as vectors", async () => {
    const dataset = await open({
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

  it("is keyed by its primary key, of several columns too, in the order of bytes", async () => {
    const dataset = await open({ table: "judged" });
    expect(Array.from({ length: 5 }, (_, i) => dataset.key?.(i))).toEqual([
      'judged judge="Zoë" wine=7',
      `judged judge="a'b" wine=9007199254740992`,
      'judged judge="zoë" wine=-9223372036854775808',
      'judged judge="zoë" wine=2',
      'judged judge="zoë" wine=9007199254740993',
    ]);
    const asked = await open({ table: "judged", key: ["wine", "judge"], features: ["score"] });
    const samples: unknown = await asked.getMany?.([4, 0, 3], context);
    expect((samples as { features: Float32Array }[]).map(({ features }) => features[0])).toEqual([2, 4, 3]);
    expect(await asked.column?.("score")).toEqual(Float64Array.of(4, 1, 5, 3, 2));
    expect((await open({ table: "other.words" })).key?.(0)).toBe(
      'other.words word="00000000-0000-0000-0000-000000000001"',
    );
  });

  it("takes a query with values, keyed by the primary key that it passes on", async () => {
    const query = `WITH means AS (SELECT judge, avg(score) AS mean FROM judged WHERE wine <> ? AND judge <> ? GROUP BY judge)
      SELECT f.*, mean::float8, 'it''s ?' AS said FROM flowers f LEFT JOIN means ON judge = 'zoë' AND f.petals = 0 WHERE f.id <= ?::int; -- the end`;
    const dataset = await open({
      query,
      values: [2, "Zoë", 100],
      features: ["length"],
      columns: ["said", "mean"],
    });
    expect(dataset.length).toBe(10);
    expect(dataset.key?.(1)).toBe("query id=20");
    expect(await dataset.get(1, context)).toEqual({ features: Float32Array.of(14), mean: 3, said: "it's ?" });
  });

  it.each([
    [
      "two statements",
      "SELECT 1 AS id; DROP TABLE flowers",
      /one statement, was "DROP" at line 1, column 17/,
    ],
    [
      "a DELETE in a CTE",
      "WITH a AS (DELETE FROM flowers RETURNING *) SELECT * FROM a",
      /writes nothing, was "DELETE"/,
    ],
    ["COPY", "COPY flowers TO STDOUT", /one SELECT, .* was "COPY"/],
    ["a function that writes", "SELECT setval('s', 1) AS id", /could not read|does not exist/],
    [
      "what it does not understand",
      "SELECT * FROM flower",
      /PostgreSQL understands: relation "flower" does not exist/,
    ],
    ["a name that stands twice", "SELECT id, id FROM flowers", /has "id" twice/],
    ["no key", "SELECT length FROM flowers", /the query must have a key/],
    ["double keys", "SELECT a.id, b.length FROM flowers a, flowers b", /unique, but id=10 is there twice/],
  ])("refuses %s", async (_, query, message) => {
    await expect(open({ query })).rejects.toThrow(message);
  });

  it.each([
    [1, /column "x" of table "dirty" must hold a number, was NULL at id=2/],
    [2, /column "x" of table "dirty" must hold a finite number .*, was NaN at id=3/],
    [3, /column "x" .* finite number that fits .* was 1e\+39 at id=4/],
  ])("names table, column and key of a value that cannot be (%i)", async (index, message) => {
    const dataset = await open({ table: "dirty" });
    await expect(dataset.get(index, context)).rejects.toThrow(message);
    await expect(dataset.getMany?.([0, index], context)).rejects.toThrow(message);
    await expect(dataset.getBatch?.([0, index], context, heapAllocator)).rejects.toThrow(message);
  });

  it("reads rows that are larger than what arrives at once", async () => {
    const dataset = await open({ table: "wide", columns: ["body"] });
    const found: unknown = await dataset.getMany?.([0, 39], context);
    const [first, last] = found as { body: Uint8Array }[];
    expect([first.body.length, first.body[99_999], last.body[5]]).toEqual([100_000, 1, 40]);
  });

  it("never has a password in a spec, a name or an error", async () => {
    const refused = postgres.options.safeParse({ url: "postgres://me:s3cret@127.0.0.1/wine", table: "t" });
    expect(refused.error?.message).toMatch(/must not have a password in it/);
    expect(JSON.stringify(refused.error)).not.toContain("s3cret");
    process.env.MILLRACE_TEST_SECRET = "s3cret%40";
    const at = { url: "postgres://me:${env:MILLRACE_TEST_SECRET}@127.0.0.1:1/wine", table: "t" };
    const error = await open(at).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "DATABASE_FAILED" });
    expect(JSON.stringify(error)).not.toMatch(/s3cret/);
  });
});
