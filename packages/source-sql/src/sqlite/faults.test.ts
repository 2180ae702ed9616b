import { copyFile, truncate, writeFile } from "node:fs/promises";
import { heapAllocator } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { open, pathOf, useDatabases } from "../../test/databases.js";

const context = { epoch: 0 };

useDatabases((db) => {
  db.exec(`CREATE TABLE flowers (length REAL); INSERT INTO flowers VALUES (1), (2);
    CREATE VIEW wide AS SELECT length FROM flowers`);
  db.exec(
    "CREATE TABLE pairs (a INT, b TEXT, x REAL); INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (1, 'x', 3)",
  );
  db.exec(`CREATE TABLE "nothing" (x REAL)`);
  db.exec(`CREATE TABLE dirty (id INTEGER PRIMARY KEY, x REAL, y, kind TEXT);
    INSERT INTO dirty VALUES (1, 1, 1, 'a'), (2, NULL, 2, 'b'), (3, 'many', 'text', NULL), (4, 1e39, NULL, x'00')`);
  db.exec(`CREATE TABLE keys (whole INT, half REAL, twice INT, gaps INT, word TEXT COLLATE NOCASE, x REAL);
    INSERT INTO keys VALUES (1, 0.5, 1, 1, 'a', 1), (2, 1.5, 1, NULL, 'A', 2)`);
  db.exec("CREATE TABLE huge (id INTEGER PRIMARY KEY, x REAL, n INT)");
  for (const id of [9_007_199_254_740_993n, -9_223_372_036_854_775_808n, 7n, 9_007_199_254_740_992n]) {
    db.prepare("INSERT INTO huge VALUES (?, ?, ?)").run(id, Number(id % 100n), id);
  }
});

describe("a fault", () => {
  it.each([
    ["a value that is NULL", 1, /column "x" of table "dirty" must hold a number, was NULL at id=2/],
    ["a value that is text", 2, /column "x" of table "dirty" must hold a number, was "many" at id=3/],
    ["a value beyond float32", 3, /column "x" .* finite number that fits .* was 1e\+39 at id=4/],
  ])("names the table, column and key of %s", async (_, index, message) => {
    const dataset = await open({ table: "dirty" });
    const fault = expect.objectContaining({
      code: "TABLE_INVALID",
      message: expect.stringMatching(message) as string,
    });
    expect(() => dataset.get(index, context)).toThrow(fault);
    expect(() => dataset.getMany?.([0, index], context)).toThrow(fault);
    expect(() => dataset.getBatch?.([0, index], context, heapAllocator)).toThrow(fault);
    expect(dataset.get(0, context)).toEqual({ features: Float32Array.of(1) });
  });

  it("names the key of a row without a class, and of a class that is bytes", async () => {
    const dataset = await open({ table: "dirty", label: "kind", features: ["id"] });
    expect(dataset.facts).toMatchObject({ labels: ["a", "b"] });
    expect(() => dataset.get(2, context)).toThrow(
      /"kind" of table "dirty" must hold a class name, was NULL at id=3/,
    );
    expect(() => dataset.get(3, context)).toThrow(/was 1 bytes at id=4/);
    expect(() => dataset.column?.("label")).toThrow(/was NULL at id=3/);
    expect(() => dataset.column?.("y")).toThrow(/must be all numbers or all texts, was string at id=3/);
  });

  it("names an integer that a number cannot hold, where it passes through", async () => {
    const dataset = await open({ table: "huge", features: ["x"], columns: ["n"] });
    expect(dataset.get(1, context)).toMatchObject({ n: 7 });
    expect(() => dataset.get(3, context)).toThrow(
      /"n" .* within ±\(2\^53 − 1\), was 9007199254740993 at id=/,
    );
  });

  it.each([
    [
      "a key of fractions",
      { table: "keys", key: "half" },
      /"half" .* must be all integers from .* or all texts/,
    ],
    [
      "a key that is there twice",
      { table: "keys", key: "twice" },
      /must be unique, but twice=1 is there twice/,
    ],
    [
      "a key that its column's collation takes for the same",
      { table: "keys", key: "word" },
      /is there twice/,
    ],
    ["a key with gaps", { table: "keys", key: "gaps" }, /must be there in every row, but NULL is among them/],
    ["an unknown key", { table: "keys", key: "hole" }, /`key` names, was "hole" \(did you mean "whole"\?\)/],
    ["a view without a key", { table: "wide" }, /table "wide" must have a key/],
    [
      "a key of two columns that is there twice",
      { table: "pairs", key: ["a", "b"] },
      /the key "a, b" of table "pairs" must be unique, but a=1 b="x" is there twice/,
    ],
    ["an empty table", { table: "nothing" }, /table "nothing" must have at least one row/],
  ])("names %s at opening", async (_, options, message) => {
    await expect(open(options)).rejects.toThrow(message);
  });

  it("names a file that is no database, and one that is damaged", async () => {
    await writeFile(pathOf("notes.db"), "just some notes ".repeat(300));
    await expect(open({ path: "notes.db", table: "t" })).rejects.toMatchObject({ code: "FILE_FORMAT" });
    await copyFile(pathOf("tables.db"), pathOf("cut.db"));
    await truncate(pathOf("cut.db"), 9000);
    await expect(open({ path: "cut.db", table: "flowers" })).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(/"cut.db" is damaged/) as string,
    });
    await writeFile(pathOf("empty.db"), "");
    await expect(open({ path: "empty.db", table: "t" })).rejects.toThrow(/must have the table, was "t"/);
  });

  it("is named when a dataset is read after close", async () => {
    const dataset = await open({ table: "flowers" });
    await dataset.close?.();
    expect(() => dataset.get(0, context)).toThrow(expect.objectContaining({ code: "DATASET_CLOSED" }));
  });
});
