import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Dataset, heapAllocator } from "@millrace/core";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import duckdb from "../duckdb.js";

const context = { epoch: 0 };
let folder: string;
const opened: Dataset[] = [];
const open = async (options: object): Promise<Dataset> => {
  const given = { baseUrl: pathToFileURL(`${folder}/`), seed: 1 };
  const dataset = (await duckdb.create(duckdb.options.parse(options), given)) as Dataset;
  opened.push(dataset);
  return dataset;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace scan "));
  const instance = await DuckDBInstance.create(join(folder, "t.duckdb"));
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE t AS SELECT i AS n, i / 8.0 AS x, (i * 7 % 1000)::FLOAT AS y,
      CASE WHEN i % 5 = 0 THEN NULL ELSE i END AS gap, ['rot', 'grün', 'blau'][i % 3 + 1] AS kind,
      CASE WHEN i % 7 = 0 THEN NULL ELSE 'note ' || i END AS note,
      CASE WHEN i = 9000 THEN NULL ELSE i END AS once FROM range(12000) AS r (i);
    COPY t TO '${join(folder, "t.parquet")}' (FORMAT parquet, ROW_GROUP_SIZE 2500);
    DELETE FROM t WHERE n % 11 = 3`);
  connection.closeSync();
  instance.closeSync();
});
afterEach(async () => {
  for (const dataset of opened.splice(0)) await dataset.close?.();
});
afterAll(() => rm(folder, { recursive: true }));

const table = { path: "t.duckdb", table: "t" };
const shapes: readonly (readonly [name: string, options: object])[] = [
  ["a Parquet file of several row groups", { from: "t.parquet", features: ["x", "y"] }],
  ["a table with rows deleted", { ...table, features: ["n", "x"], label: "kind", columns: ["note"] }],
  [
    "a table of which rows are left out",
    { ...table, features: [], columns: { gap: { type: "float32", missing: "drop" }, n: { type: "int32" } } },
  ],
  ["a label of numbers", { from: "t.parquet", features: ["x"], label: "n", labelType: "number" }],
];

/** Batches: where each begins, as a part of the whole or going on where the last one ended, and how long it is. */
const walk = fc.array(
  fc.record({
    jump: fc.option(fc.double({ min: 0, max: 0.95, noNaN: true }), { nil: undefined, freq: 5 }),
    size: fc.integer({ min: 1, max: 1500 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe("a statement that goes on", () => {
  it.each(shapes)("gives of %s what each row alone gives, wherever reading goes", async (_, options) => {
    const alone = await open({ ...options, access: "random" });
    await fc.assert(
      fc.asyncProperty(
        walk,
        fc.integer({ min: 50, max: 3000 }),
        fc.boolean(),
        async (steps, blockSize, atOnce) => {
          const blocks = await open({ ...options, access: "blocks", blockSize });
          let at = 0;
          const batches = steps.map(({ jump, size }) => {
            if (jump !== undefined) at = Math.floor(jump * alone.length);
            const indices = Array.from({ length: size }, () => at++ % alone.length);
            return indices;
          });
          const read = (indices: readonly number[]) => blocks.getBatch?.(indices, context, heapAllocator);
          const own: unknown[] = [];
          if (atOnce) own.push(...(await Promise.all(batches.map(read))));
          else for (const indices of batches) own.push(await read(indices));
          for (const [i, indices] of batches.entries())
            expect(own[i]).toEqual(await alone.getBatch?.(indices, context, heapAllocator));
          await blocks.close?.();
        },
      ),
      { numRuns: 12 },
    );
  });

  it("goes on behind a row that fits no array, which whoever asks for it is told of", async () => {
    const options = { from: "t.parquet", features: ["x"], label: "once", labelType: "number" };
    const blocks = await open({ ...options, access: "blocks", blockSize: 500 });
    const told: unknown[] = [];
    const isTold: unknown = expect.stringMatching(/file_row_number=9000/);
    const asked: unknown[] = [];
    for (let first = 0; first < 12_000; first += 250) {
      const indices = Array.from({ length: 250 }, (_, i) => first + i);
      asked.push(first === 9000 ? isTold : indices);
      try {
        const batch = (await blocks.getBatch?.(indices, context, heapAllocator)) as {
          label: { data: ArrayLike<number> };
        };
        told.push(Array.from(batch.label.data));
      } catch (error) {
        told.push((error as Error).message);
      }
    }
    expect(told).toEqual(asked);
  });

  it("leaves nothing behind that keeps a dataset from closing in the middle of it", async () => {
    const blocks = await open({ from: "t.parquet", features: ["x"], access: "blocks", blockSize: 100 });
    const read = (first: number) =>
      blocks.getBatch?.(
        Array.from({ length: 100 }, (_, i) => first + i),
        context,
        heapAllocator,
      );
    for (const first of [0, 100, 200]) await read(first);
    const late = Promise.resolve(read(1000)).then(
      () => "read",
      (error: unknown) => (error as { code?: string }).code,
    );
    await blocks.close?.();
    expect(["read", "DATASET_CLOSED"]).toContain(await late);
    await expect(read(1100)).rejects.toMatchObject({ code: "DATASET_CLOSED" });
  });
});
