/** Faults are the same with workers and without: code, message, place and causes. */
import { DataLoader, type DataLoaderOptions, type Dataset, messageOf, MillraceError } from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { endless, lying, lyingColumns, throwing } from "./fixtures/lying.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

/** What each batch of an epoch gave: its data, or its fault. */
async function outcomes<S, B>(
  dataset: Dataset<S> | readonly S[],
  options: DataLoaderOptions<S, B>,
): Promise<(B | MillraceError)[]> {
  await using loader = new DataLoader<S, B>(dataset, options);
  const epoch = loader.batches(0);
  const seen: (B | MillraceError)[] = [];
  for (;;) {
    try {
      const { done, value } = await epoch.next();
      if (done) return seen;
      seen.push(value.data);
    } catch (error) {
      seen.push(error as MillraceError);
    }
  }
}

/** The same outcome from this thread and from a worker; faults without the worker's own place. */
async function both<S, B>(dataset: Dataset<S> | readonly S[], options: DataLoaderOptions<S, B>) {
  const here = await outcomes(dataset, { ...options, numWorkers: 0 });
  const there = await outcomes(dataset, { ...options, numWorkers: 1 });
  const plain = (outcome: unknown): unknown =>
    outcome instanceof MillraceError
      ? { ...outcome.toJSON(), cause: undefined, where: outcome.where.filter((at) => at !== "worker 0") }
      : outcome;
  expect(there.map(plain)).toEqual(here.map(plain));
  return { here, there };
}

describe("a batch whose array is not what it says", () => {
  it.each([
    ["long", `"inner.x" says float32 [1000000], and its data is a Float32Array of 1 element`],
    ["short", `"inner.x" says float32 [1], and its data is a Float32Array of 2 elements`],
    ["negative", `"inner.x" says float32 [-1, -1], and its data is a Float32Array of 1 element`],
    ["type", `"inner.x" says float64 [2], and its data is a Float32Array of 2 elements`],
    ["unknown", `"inner.x" says float16 [1], and its data is a Float32Array of 1 element`],
  ])("(%s) is one named error, and the batches before it are whole", async (kind, what) => {
    const { here } = await both([0, 1, 2, 3, 4, 5], { collate: lying(kind) });
    expect(here.slice(0, 4)).toMatchObject(
      [0, 1, 2, 3].map(() => ({ inner: { x: { data: new Float32Array(64).fill(42) } } })),
    );
    expect(here[4]).toMatchObject({
      code: "BATCH_INVALID",
      message: `an array's dtype, shape and data must agree, but ${what}`,
      where: ["batch of samples 4", "epoch 0"],
    });
  });

  it("is named where `getBatch` made it, too", async () => {
    const { here } = await both(lyingColumns(2), { batchSize: 2 });
    expect(here).toMatchObject([{ code: "BATCH_INVALID", where: ["batch of samples 0, 1", "epoch 0"] }]);
  });

  it("is named where it holds itself", async () => {
    const { here } = await both([0], { collate: endless });
    expect(here).toMatchObject([{ code: "BATCH_INVALID" }]);
  });
});

/** What a person can ask of a cause. */
function told(cause: unknown): unknown[] {
  const { code, cause: inner, constructor: type } = (cause ?? {}) as NodeJS.ErrnoException;
  return [messageOf(cause), code, messageOf((inner as Error | undefined)?.message), type === RangeError];
}

describe("what a sample throws", () => {
  it.each(["enoent", "range", "function", "field", "getter", "string", "symbol", "nothing"])(
    "(%s) is the same error with the same causes, and the next batch arrives",
    async (kind) => {
      const { here, there } = await both(throwing(kind), { collate: undefined });
      expect(here[2]).toMatchObject({ code: "SAMPLE_FAILED", where: ["sample 2 (item-2)", "epoch 0"] });
      expect(here[3]).toBeDefined();
      const [own, arrived] = [here[2], there[2]].map((error) => told((error as MillraceError).cause));
      expect(arrived).toEqual(own);
    },
  );
});

describe("a log line from a worker", () => {
  it("arrives, and fails no sample, whatever its fields are", async () => {
    const lines: unknown[] = [];
    const say = (fields: object, message: string): void => void lines.push([message, fields]);
    const logger = { debug: say, info: say, warn: say, error: say };
    const recipe = {
      module: new URL("./fixtures/lying.mjs", import.meta.url).href,
      export: "loquacious",
      args: { length: 2 },
    };
    const seen = await outcomes([0, 1], { batchSize: 2, numWorkers: 1, recipe, logger });
    expect(seen).toMatchObject([{ shape: [2] }]);
    expect(lines).toEqual([
      ["sample 0", { fields: expect.stringContaining("callback: [Function") }],
      ["sample 1", { fields: expect.stringContaining("callback: [Function") }],
    ]);
  });
});
