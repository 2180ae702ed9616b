import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LoggerService } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import fc from "fast-check";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let writer: ReturnType<typeof fork>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-sharing-"));
  writer = fork(new URL("./writer.mjs", import.meta.url));
});
afterAll(async () => {
  writer.disconnect();
  await once(writer, "exit");
  await rm(folder, { recursive: true });
});

/** The line of a table `t`, opened as a run opens it. */
async function lineOf(path: string, numWorkers: number) {
  const registry = new Registry();
  registry.provide(LoggerService, silent);
  const url = pathToFileURL(join(folder, "spec.json"));
  const spec = {
    plugins: [
      new URL("../dist/index.js", import.meta.url).href,
      new URL("./nothing.mjs", import.meta.url).href,
    ],
    source: { use: "sqlite", with: { path, table: "t", label: "kind", columns: ["word"] } },
    model: { use: "nothing" },
    trainer: { use: "nothing" },
    loader: { batchSize: 4, numWorkers },
  };
  const options = { registry, defaults: ["@millrace/core/builtin"], fallbackUrl: import.meta.url };
  const checked = await checkSpec(parseSpecText(JSON.stringify(spec), "spec.json", url), options);
  return openLine(checked.spec, { registry, modules: checked.modules, url, logger: silent });
}

/** The rows of one epoch, and the error that ended it early. */
async function epochOf({ loaders }: Awaited<ReturnType<typeof lineOf>>) {
  const rows: string[] = [];
  try {
    for await (const { data } of loaders.train) {
      const { features, label, word } = data as Record<string, { data: ArrayLike<number> }>;
      for (let i = 0; i < label.data.length; i++) {
        rows.push(`${features.data[i]} ${label.data[i]} ${(word as unknown as string[])[i]}`);
      }
    }
    return { rows };
  } catch (error) {
    return { rows, error: error as { code: string; message: string } };
  }
}

function fill(path: string, journal: string): void {
  const database = new Database(path);
  database.exec(`PRAGMA journal_mode = ${journal}; CREATE TABLE t (id TEXT PRIMARY KEY, x REAL, kind TEXT, word TEXT);
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
    INSERT INTO t SELECT 'row ' || (10 + i), i, CASE i % 2 WHEN 0 THEN 'dog' ELSE 'cat' END, 'word ' || i FROM n`);
  database.close();
}

const key = fc.integer({ min: 10, max: 49 }).map((i) => `row ${i}`);
const change = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("row 0", "row 20x", "zz"), fc.constantFrom("ant", "cat"))
      .map(([id, kind]) => `INSERT OR IGNORE INTO t VALUES ('${id}', 99, '${kind}', 'new')`),
  },
  { weight: 1, arbitrary: key.map((id) => `DELETE FROM t WHERE id = '${id}'`) },
  { weight: 1, arbitrary: key.map((id) => `UPDATE t SET kind = 'eel' WHERE id = '${id}'`) },
);

describe("the rows of a table that another process writes to", () => {
  it("are the same in every thread, or an error names what changed", { timeout: 240_000 }, async () => {
    let count = 0;
    const property = fc.asyncProperty(
      fc.constantFrom("WAL", "DELETE"),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      async (journal, changes) => {
        const path = join(folder, `${count++}.db`);
        fill(path, journal);
        const before = await lineOf(path, 0);
        const expected = (await epochOf(before)).rows;
        expect(before.facts.labels).toEqual(["cat", "dog"]);
        expect(expected).toHaveLength(40);
        const inWorkers = await lineOf(path, 2);
        writer.send({ path, changes });
        const epochs = [before, inWorkers].map(epochOf);
        await once(writer, "message");
        epochs.push(epochOf(before), epochOf(inWorkers));
        const outcomes = await Promise.all(epochs);
        for (const { rows, error } of outcomes) {
          expect(rows).toEqual(expected.slice(0, rows.length));
          const ended = error === undefined ? `${rows.length} rows` : `${error.code} ${error.message}`;
          expect(ended).toMatch(/^40 rows$|^TABLE_INVALID .*"row \d\d" was deleted|^LABEL_UNKNOWN .*"eel"/);
        }
        const [, , later, laterInWorkers] = outcomes;
        expect(laterInWorkers.error?.message).toBe(later.error?.message);
        await before.close();
        await inWorkers.close();
      },
    );
    await fc.assert(property, { numRuns: 5 });
  });
});
