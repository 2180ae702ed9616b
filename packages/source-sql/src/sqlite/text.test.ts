import { describe, expect, it } from "vitest";
import { many, open, useDatabases, writeDatabase } from "../../test/databases.js";

const context = { epoch: 0 };
/** "café" as Latin-1 has it, which is no UTF-8. */
const latin = "CAST(x'636166e9' AS TEXT)";

useDatabases((db) => {
  db.exec(`CREATE TABLE legacy (id INTEGER PRIMARY KEY, x REAL, s TEXT, kind TEXT);
    INSERT INTO legacy VALUES (1, 1, 'ok', 'a'), (2, 2, ${latin}, 'b'), (3, ${latin}, 'ok', ${latin})`);
  db.exec(`CREATE TABLE nul (id TEXT PRIMARY KEY, x REAL, s TEXT);
    INSERT INTO nul VALUES ('a' || char(0) || 'b', 1, 'p' || char(0) || 'q'), ('a', 2, ''), (${latin}, 3, 'ü€😀')`);
});

describe("text that is not in the database's encoding", () => {
  it("is an error that names column and key where it passes through, and its neighbours are read", async () => {
    const dataset = await open({ table: "legacy", features: ["x"], columns: ["s"] });
    const fault = /column "s" of table "legacy" must hold text .* 4 bytes .*"café" as Latin-1.* at id=2/;
    expect(() => dataset.get(1, context)).toThrow(fault);
    expect(() => many(dataset, [0, 1])).toThrow(fault);
    expect(() => dataset.column?.("s")).toThrow(fault);
    expect(dataset.get(0, context)).toEqual({ features: Float32Array.of(1), s: "ok" });
  });

  it("is an error in a numeric column, and as a class", async () => {
    const dataset = await open({ table: "legacy", features: ["x"], label: "kind" });
    expect(dataset.facts?.labels).toEqual(["a", "b"]);
    expect(() => many(dataset, [0, 2])).toThrow(/column "x" .* must hold a number, was 4 bytes .* at id=3/);
    const ids = await open({ table: "legacy", features: ["id"], label: "kind" });
    expect(() => many(ids, [2])).toThrow(/column "kind" .* must hold a class name, was 4 bytes .* at id=3/);
  });

  it("may be a key, which finds its row", async () => {
    const dataset = await open({ table: "nul", columns: ["s"] });
    expect(many(dataset, [2, 1, 0])).toEqual([
      { features: Float32Array.of(3), s: "ü€😀" },
      { features: Float32Array.of(1), s: "p\0q" },
      { features: Float32Array.of(2), s: "" },
    ]);
    expect(dataset.key?.(2)).toMatch(/^nul id=4 bytes .*"café" as Latin-1/);
  });
});

describe("text with U+0000 in it", () => {
  it("arrives whole, as a value and as a key", async () => {
    const dataset = await open({ table: "nul", columns: ["s"] });
    expect(dataset.key?.(1)).toBe(String.raw`nul id="a\u0000b"`);
    expect(dataset.get(1, context)).toEqual({ features: Float32Array.of(1), s: "p\0q" });
    expect(dataset.column?.("s")).toEqual(["", "p\0q", "ü€😀"]);
  });
});

describe("a database in UTF-16", () => {
  it.each(["UTF-16le", "UTF-16be"])(
    "gives the texts, classes and keys that it holds (%s)",
    async (encoding) => {
      writeDatabase(`${encoding}.db`, (db) => {
        db.exec(`PRAGMA encoding = '${encoding}'`);
        db.exec(`CREATE TABLE t (id TEXT PRIMARY KEY, x REAL, kind TEXT);
        INSERT INTO t VALUES ('ß', 1, '猫'), ('a', 2, '犬'), ('😀', 3, '猫')`);
      });
      const dataset = await open({ path: `${encoding}.db`, table: "t", label: "kind", columns: ["kind"] });
      expect(dataset.facts?.labels).toEqual(["犬", "猫"]);
      // SQLite orders texts by their bytes, which are others in each encoding.
      const indices = ["a", "😀", "ß"].map((id) =>
        [0, 1, 2].findIndex((index) => dataset.key?.(index) === `t id="${id}"`),
      );
      expect(many(dataset, indices)).toEqual([
        { features: Float32Array.of(2), label: 0, kind: "犬" },
        { features: Float32Array.of(3), label: 1, kind: "猫" },
        { features: Float32Array.of(1), label: 1, kind: "猫" },
      ]);
    },
  );
});
