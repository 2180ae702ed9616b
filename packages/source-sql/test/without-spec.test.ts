/** A table that is written to between its opening and that of a loader's workers, without a spec. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataLoader, type Dataset } from "@millrace/core";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { table } from "./table.mjs";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-recipe-"));
});
afterAll(() => rm(folder, { recursive: true }));

function written(name: string) {
  const path = join(folder, name);
  const database = new Database(path);
  database.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (id TEXT PRIMARY KEY, x REAL, kind TEXT)");
  for (let i = 0; i < 6; i++) {
    database.exec(`INSERT INTO t VALUES ('b${i}', ${i}.5, '${i % 2 ? "cat" : "dog"}')`);
  }
  return { path, database };
}

async function epochOf(dataset: Dataset, numWorkers: number): Promise<string[]> {
  const rows: string[] = [];
  await using loader = new DataLoader<unknown>(dataset, { batchSize: 3, numWorkers });
  for await (const batch of loader) {
    const { features, label } = batch.data as Record<string, { readonly data: ArrayLike<number> }>;
    for (let i = 0; i < label.data.length; i++) rows.push(`${features.data[i]} ${label.data[i]}`);
  }
  return rows;
}

describe("a table that is written to after it was opened", () => {
  it("is refused by workers that open it anew, by what differs", async () => {
    const { path, database } = written("anew.db");
    const dataset = await table(path, false);
    const rows = await epochOf(dataset, 0);
    expect(await epochOf(dataset, 1)).toEqual(rows);
    database.exec("UPDATE t SET x = 7.5 WHERE id = 'b0'; INSERT INTO t VALUES ('a0', 99, 'ant')");
    await expect(epochOf(dataset, 2)).rejects.toMatchObject({
      code: "DATA_CHANGED",
      message: expect.stringMatching(
        /7 samples there, but 6 .*"ant" there, but "cat" .*id="a0" there, but .*id="b0"/,
      ),
    });
    database.exec("DELETE FROM t WHERE id IN ('a0', 'b3')");
    await expect(epochOf(dataset, 1)).rejects.toMatchObject({
      code: "DATA_CHANGED",
      message: expect.stringContaining('id="b3" in the main thread'),
    });
    database.close();
    await dataset.close?.();
  });

  it("has the main thread's rows in workers that take what it shares", async () => {
    const { path, database } = written("taken.db");
    const dataset = await table(path, true);
    database.exec("INSERT INTO t VALUES ('a0', 99, 'ant')");
    expect(await epochOf(dataset, 2)).toEqual(await epochOf(dataset, 0));
    database.close();
    await dataset.close?.();
  });
});
