import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const rows = 700;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-threads-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("source sqlite in worker threads", () => {
  it.each(["WAL", "DELETE"])(
    "reads the same rows in four threads while another connection writes (%s)",
    { timeout: 120_000 },
    async (mode) => {
      const writer = new Database(join(folder, `${mode}.db`), { timeout: 10_000 });
      writer.exec(`PRAGMA journal_mode = ${mode}`);
      writer.exec(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a REAL, b INT, kind TEXT); CREATE TABLE log (entry TEXT)",
      );
      writer.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO t SELECT i, i * 0.5, i % 9, 'k' || (i % 3) FROM n`);
      const stop = new SharedArrayBuffer(4);
      const workers = Array.from({ length: 4 }, (_, offset) => startWorker(`${mode}.db`, stop, offset));
      await Promise.all(workers.map((worker) => once(worker, "message")));
      for (let i = 0; i < 20; i++) writer.exec(`INSERT INTO log VALUES ('entry ${i}')`);
      writer.exec(`INSERT INTO t VALUES (${rows + 1}, 0, 0, 'new')`);
      writer.close();
      const ends = workers.map((worker) => Promise.all([once(worker, "message"), once(worker, "exit")]));
      Atomics.store(new Int32Array(stop), 0, 1);
      const results = (await Promise.all(ends)).map(([[result], [code]]) => ({
        ...(result as object),
        code: code as number,
      }));

      const expected = Array.from(
        { length: rows },
        (_, i) => `${(i + 1) * 0.5} ${(i + 1) % 9} ${(i + 1) % 3}`,
      );
      for (const result of results) {
        expect(result).toMatchObject({ code: 0, length: rows, digest: expected.join("\n") });
      }
    },
  );
});

function startWorker(path: string, stop: SharedArrayBuffer, offset: number): Worker {
  return new Worker(new URL("./read-table.mjs", import.meta.url), {
    workerData: {
      options: { path, table: "t", label: "kind" },
      baseUrl: pathToFileURL(`${folder}/`).href,
      stop,
      offset,
    },
  });
}
