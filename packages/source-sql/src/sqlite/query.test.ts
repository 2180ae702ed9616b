import { testSource } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { baseUrl, many, open, useDatabases } from "../../test/databases.js";
import plugins from "../index.js";

const context = { epoch: 0 };
const joined = "SELECT c.*, r.quality FROM chemistry c JOIN ratings r USING (wine) WHERE r.judge = 'A'";

useDatabases((db) => {
  db.exec(`CREATE TABLE chemistry (wine INTEGER PRIMARY KEY, acid REAL, ph REAL, name TEXT);
    CREATE TABLE ratings (wine INT, judge TEXT, quality INT, PRIMARY KEY (wine, judge));
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
      INSERT INTO chemistry SELECT i * 3, i * 0.5, i * 0.25, 'wine ' || i FROM n;
    INSERT INTO ratings SELECT wine, 'A', wine % 7 FROM chemistry;
    INSERT INTO ratings SELECT wine, 'B', wine % 5 FROM chemistry`);
});

testSource({
  plugin: plugins[0],
  baseUrl,
  options: { path: "tables.db", query: joined, label: "quality", columns: ["name"] },
  length: 40,
  facts: { labels: ["0", "1", "2", "3", "4", "5", "6"], features: ["acid", "ph"] },
  columns: ["label", "name", "ph"],
});

describe("a query", () => {
  it("is keyed by the primary key that it passes on, or by any unique column", async () => {
    const dataset = await open({ query: joined, label: "quality", labelType: "number" });
    expect(dataset.key?.(1)).toBe("query wine=6");
    expect(dataset.get(1, context)).toEqual({ features: Float32Array.of(1, 0.5), label: 6 });
    const named = await open({ query: joined, key: "name", features: ["ph"] });
    expect(named.key?.(0)).toBe('query name="wine 1"');
    expect(many(named, [0])).toEqual([{ features: Float32Array.of(0.25) }]);
  });

  it("may be a WITH, end in a semicolon and comments, and take values", async () => {
    const query = `WITH means AS (SELECT wine, avg(quality) AS mean FROM ratings WHERE judge IN (?, ?) GROUP BY wine)
      SELECT wine AS id, mean, replace(name, ';', 'x') AS name FROM means JOIN chemistry USING (wine); -- the end`;
    const dataset = await open({
      query,
      values: ["A", "B"],
      key: "id",
      features: ["mean"],
      columns: ["name"],
    });
    expect(dataset.length).toBe(40);
    expect(many(dataset, [1, 0])).toEqual([
      { features: Float32Array.of(3.5), name: "wine 2" },
      { features: Float32Array.of(3), name: "wine 1" },
    ]);
  });

  it.each([
    ["two statements", "SELECT 1;\nDROP TABLE ratings", /one statement, was "DROP" at line 2, column 1/],
    ["a DELETE", "DELETE FROM ratings", /one SELECT, .* was "DELETE" at line 1, column 1/],
    ["a PRAGMA", "PRAGMA user_version", /one SELECT/],
    ["a DELETE behind WITH", "WITH a AS (SELECT 1) DELETE FROM ratings", /writes nothing, was "DELETE"/],
    [
      "an INSERT within WITH",
      "WITH a AS (INSERT INTO ratings VALUES (1) RETURNING *) SELECT * FROM a",
      /writes nothing, was "INSERT" at line 1, column 12/,
    ],
    ["a closing parenthesis", "SELECT 1) AS s; DROP TABLE (ratings", /balanced .* column 9/],
    ["an unknown table", "SELECT * FROM wines", /SQLite understands: no such table: wines/],
    [
      "a name that stands twice",
      "SELECT * FROM chemistry c JOIN ratings r ON r.wine = c.wine",
      /has "wine" twice/,
    ],
    [
      "a named placeholder",
      "SELECT * FROM ratings WHERE judge = :judge",
      /was ":judge" at line 1, column 37/,
    ],
    ["a value too few", "SELECT * FROM chemistry WHERE ph > ?", /one value for each of the 1/],
    ["no key", "SELECT ph FROM chemistry", /the query must have a key/],
    [
      "a key that is there twice",
      joined.replace(" WHERE r.judge = 'A'", ""),
      /unique, but wine=3 is there twice/,
    ],
  ])("is refused with the rule and the place: %s", async (_, query, message) => {
    await expect(open({ query })).rejects.toThrow(message);
  });

  it("stands instead of a table, not beside it", () => {
    const { options } = plugins[0];
    expect(options.safeParse({ path: "tables.db" }).error?.message).toMatch(/`table` or `query`/);
    const both = options.safeParse({ path: "tables.db", table: "chemistry", query: joined });
    expect(both.error?.message).toMatch(/and not both/);
  });
});
