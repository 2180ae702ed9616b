import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { many, open, pathOf, useDatabases, writeDatabase } from "../../test/databases.js";

const context = { epoch: 0 };

useDatabases((db) => {
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL); INSERT INTO t VALUES (1, 1), (2, 2)");
});

describe("the file", () => {
  it("is read while another connection writes to it, and a row deleted since is named by its key", async () => {
    const writer = writeDatabase("live.db", (db) => {
      db.exec("PRAGMA journal_mode = WAL");
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
    });
    const dataset = await open({ path: "live.db", table: "t" });
    const other = new Database(writer);
    other.exec("BEGIN IMMEDIATE; UPDATE t SET x = 20 WHERE id = 2; INSERT INTO t VALUES (4, 4)");
    expect(dataset.get(1, context)).toEqual({ features: Float32Array.of(2) });
    other.exec("COMMIT; BEGIN IMMEDIATE; DELETE FROM t WHERE id = 1; COMMIT");
    other.close();
    expect(dataset.length).toBe(3);
    expect(dataset.get(1, context)).toEqual({ features: Float32Array.of(20) });
    const gone = expect.objectContaining({
      code: "TABLE_INVALID",
      message: expect.stringMatching(/table "t" .* id=1 was deleted/) as string,
    });
    expect(() => dataset.get(0, context)).toThrow(gone);
    expect(() => dataset.getMany?.([2, 0], context)).toThrow(gone);
    expect(() => dataset.column?.("x")).toThrow(gone);
    expect(dataset.getMany?.([2], context)).toEqual([{ features: Float32Array.of(3) }]);
  });

  it("is never created or written: nothing appears beside a missing or an ordinary one", async () => {
    const before = await readdir(pathOf("."));
    await expect(open({ path: "absent.db", table: "t" })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await open({ table: "t", immutable: true });
    await open({ table: "t" });
    expect(await readdir(pathOf("."))).toEqual(before);
    expect(existsSync(pathOf("absent.db"))).toBe(false);
  });

  it("may hold more rows than one page of keys", async () => {
    const count = 300_001;
    writeDatabase("many.db", (db) => {
      db.exec("CREATE TABLE t (id TEXT PRIMARY KEY, x INT)");
      db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        INSERT INTO t SELECT printf('%07d', i), i FROM n`);
    });
    for (const key of ["rowid", "id"]) {
      const dataset = await open({ path: "many.db", table: "t", key, features: ["x"] });
      expect(dataset.length).toBe(count);
      const indices = [0, 131_071, 131_072, 262_144, count - 1];
      const samples = many(dataset, indices);
      expect(samples.map((sample) => sample.features?.[0])).toEqual(indices.map((index) => index + 1));
    }
  });
});
