import { existsSync } from "node:fs";
import { copyFile, readdir, rename } from "node:fs/promises";
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

  it("is refused as immutable while a write-ahead log beside it holds rows", async () => {
    const writer = new Database(pathOf("logged.db"));
    writer.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
      CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL); INSERT INTO t VALUES (1, 1), (2, 2)`);
    // As a copy of a live database has them, or a process that died.
    for (const ending of ["", "-wal"])
      await copyFile(pathOf(`logged.db${ending}`), pathOf(`copy.db${ending}`));
    writer.close();
    await expect(open({ path: "copy.db", table: "t", immutable: true })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringMatching(/`immutable` .* "copy.db-wal" holds changes/) as string,
    });
    expect((await open({ path: "copy.db", table: "t" })).length).toBe(2);
  });

  it("is the one that was opened first, in every thread that shares the opening", async () => {
    for (const name of ["first.db", "second.db"]) {
      writeDatabase(name, (db) =>
        db.exec("CREATE TABLE t (x REAL, y REAL); INSERT INTO t VALUES (1, 1), (2, 2)"),
      );
    }
    const dataset = await open({ path: "first.db", table: "t" });
    const shared = structuredClone(dataset.share?.());
    const again = await open({ path: "first.db", table: "t" }, undefined, shared);
    expect(many(again, [1, 0])).toEqual(many(dataset, [1, 0]));
    await rename(pathOf("second.db"), pathOf("first.db"));
    await expect(open({ path: "first.db", table: "t" }, undefined, shared)).rejects.toThrow(
      /"first.db" was replaced/,
    );
  });

  it("names a table or a column that is gone since it was opened", async () => {
    const path = writeDatabase("changed.db", (db) => {
      db.exec("CREATE TABLE t (x REAL, y REAL); INSERT INTO t VALUES (1, 1), (2, 2)");
    });
    const dataset = await open({ path: "changed.db", table: "t" });
    many(dataset, [0]);
    const writer = new Database(path);
    const gone = (name: string) =>
      expect.objectContaining({
        code: "TABLE_INVALID",
        message: expect.stringContaining(`"${name}"`) as string,
      });
    writer.exec("ALTER TABLE t RENAME COLUMN y TO z");
    expect(() => many(dataset, [0])).toThrow(gone("y"));
    writer.exec("ALTER TABLE t RENAME TO u");
    expect(() => dataset.get(0, context)).toThrow(gone("t"));
    writer.close();
  });

  it("that another process has locked is waited for, while this thread goes on with other things", async () => {
    const path = writeDatabase("locked.db", (db) => {
      db.exec("CREATE TABLE t (x REAL); INSERT INTO t VALUES (1), (2)");
    });
    const dataset = await open({ path: "locked.db", table: "t" });
    const writer = new Database(path);
    writer.exec("BEGIN EXCLUSIVE");
    const opening = open({ path: "locked.db", table: "t" });
    const rows = dataset.getMany?.([1, 0], context);
    let turns = 0;
    while (turns < 20) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      turns++;
    }
    writer.exec("COMMIT");
    writer.close();
    expect(await rows).toEqual([2, 1].map((x) => ({ features: Float32Array.of(x) })));
    expect((await opening).length).toBe(2);
  });

  it("may hold more rows than one chunk of them", async () => {
    const count = 5001;
    writeDatabase("many.db", (db) => {
      db.exec("CREATE TABLE t (id TEXT PRIMARY KEY, x INT)");
      db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        INSERT INTO t SELECT printf('%07d', i), i FROM n`);
    });
    for (const key of ["rowid", "id"]) {
      const dataset = await open({ path: "many.db", table: "t", key, features: ["x"] });
      expect(dataset.length).toBe(count);
      const indices = [0, 999, 1000, 2000, count - 1];
      const samples = many(dataset, indices);
      expect(samples.map((sample) => sample.features?.[0])).toEqual(indices.map((index) => index + 1));
    }
  });
});
