import { utimesSync } from "node:fs";
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { open, pathOf, useDatabases, writeDatabase } from "../../test/databases.js";

useDatabases((db) => {
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL); INSERT INTO t VALUES (1, 1), (2, 2)");
});

const fingerprint = async (path: string): Promise<unknown> => {
  const dataset = await open({ path, table: "t" });
  const text = await dataset.fingerprint?.();
  await dataset.close?.();
  return text;
};

describe("a database's fingerprint", () => {
  it("is the same while nothing is written, and another when the file changes", async () => {
    const file = writeDatabase("plain.db", (db) => {
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL); INSERT INTO t VALUES (1, 1)");
    });
    const before = await fingerprint("plain.db");
    expect(await fingerprint("plain.db")).toBe(before);
    utimesSync(file, 5, 5);
    expect(await fingerprint("plain.db")).not.toBe(before);
  });

  it("is another when a change is in the write-ahead log alone, and not because somebody reads", async () => {
    writeDatabase("log.db", (db) => {
      db.exec(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL); INSERT INTO t VALUES (2, 2)",
      );
    });
    const before = await fingerprint("log.db");
    expect(await fingerprint("log.db")).toBe(before);
    const writer = new Database(pathOf("log.db"));
    writer.exec("INSERT INTO t VALUES (1, 1)");
    const after = await fingerprint("log.db");
    writer.close();
    expect(after).not.toBe(before);
  });
});
