/** Workers that die, hang or run out of memory: what is said, what is made again, and what is left alive. */
import { type Batch, DataLoader, type DataLoaderOptions, type MillraceError } from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { type Death, deadly, deadlyCollate, deadlyStream, deadlyTransform } from "./fixtures/faults.mjs";
import { identity } from "./fixtures/streams.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

const strikes = (count: number) => new Int32Array(new SharedArrayBuffer(4)).fill(count);
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Where warnings go, and the loader's options around it. */
function options(more: DataLoaderOptions<number, number[]> = {}) {
  const warnings: string[] = [];
  const silent = () => undefined;
  const logger = {
    debug: silent,
    info: silent,
    error: silent,
    warn: (_: object, text: string) => void warnings.push(text),
  };
  return {
    warnings,
    options: {
      batchSize: 2,
      numWorkers: 1,
      collate: identity as never,
      logger,
      ...more,
    } as DataLoaderOptions<number, number[]>,
  };
}

/** The data of each batch, or its error, in the order of `next`. */
async function outcomes(
  epoch: AsyncIterableIterator<Batch<number[]>>,
): Promise<(number[] | MillraceError)[]> {
  const seen: (number[] | MillraceError)[] = [];
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

const messages: Record<string, string> = {
  exit: "worker 0 exited unexpectedly with code 3",
  throw: "worker 0 ended by nobody catches this",
  memory: "worker 0 ended by Worker terminated due to reaching memory limit: JS heap out of memory",
};

describe("a worker that dies", () => {
  it.each(["exit", "throw", "memory"] as Death[])(
    "at every try (%s) is named with stage, sample, epoch and worker; the other batches arrive",
    async (how) => {
      const { options: given, warnings } = options({ workerMemory: 24 });
      const loader = new DataLoader(deadly(8, { at: 3, how }), given);
      const [first, second, ...rest] = await outcomes(loader.batches(2));
      expect([first, ...rest]).toEqual([
        [0, 1],
        [4, 5],
        [6, 7],
      ]);
      expect(second).toMatchObject({
        code: "WORKER_DIED",
        message: messages[how],
        where: ["reading", "sample 3 (item-3)", "epoch 2", "worker 0"],
      });
      const hint = how === "memory" ? "workerMemory" : "numWorkers: 0";
      expect((second as MillraceError).hint).toContain(hint);
      expect(warnings).toHaveLength(3);
      expect(warnings[0]).toContain("(reading, sample 3 (item-3), epoch 2, worker 0); it is started again");
    },
  );

  it.each([1, 2])("%i times is started again, and the epoch is what it would have been", async (count) => {
    const { options: given, warnings } = options({ numWorkers: 2, shuffle: true, seed: 3 });
    const expected = await outcomes(new DataLoader(numbers(20), { ...given, numWorkers: 0 }).batches(1));
    await using loader = new DataLoader(deadly(20, { at: 11, how: "exit", cell: strikes(count) }), given);
    expect(await outcomes(loader.batches(1))).toEqual(expected);
    expect(warnings).toHaveLength(count);
  });

  it.each([
    ["exit", "sample 3 (item-3)"],
    ["throw", "sample 3 (item-3)"],
  ] as const)("in a transform (%s) is named by it", async (how, sample) => {
    const { options: given } = options({ batchSize: 4 });
    const [error] = await outcomes(new DataLoader(deadlyTransform(4, { at: 3, how }), given).batches(0));
    expect(error).toMatchObject({
      code: "WORKER_DIED",
      where: ["transform 1 sharpen", sample, "epoch 0", "worker 0"],
    });
  });

  it("in collate is named by its batch", async () => {
    const { options: given } = options({ collate: deadlyCollate });
    const [, , error] = await outcomes(new DataLoader(numbers(6), given).batches(0));
    expect(error).toMatchObject({
      code: "WORKER_DIED",
      where: ["collating", "batch of samples 4, 5", "epoch 0", "worker 0"],
    });
  });

  it("while several samples are in hand names the others too", async () => {
    const { options: given } = options({ batchSize: 4 });
    const loader = new DataLoader(deadly(4, { at: 2, how: "exit", wait: 20 }), given);
    const [error] = await outcomes(loader.batches(0));
    expect(error).toMatchObject({
      where: ["reading", "sample 2 (item-2)", "epoch 0", "worker 0"],
      details: ["in hand as well: samples 0, 1"],
    });
  });

  it("with nobody who logs is a warning of the process", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error & { code?: string }) => {
      if (warning.code === "MILLRACE_WORKER_DIED") warnings.push(warning.message);
    };
    process.on("warning", listen);
    const { options: given } = options({ logger: undefined });
    await outcomes(new DataLoader(deadly(2, { at: 1, how: "exit", cell: strikes(1) }), given).batches(0));
    process.off("warning", listen);
    expect(warnings).toHaveLength(1);
  });

  it("for good leaves the loader usable, epoch after epoch, kept or not", async () => {
    for (const persistentWorkers of [true, false]) {
      const { options: given } = options({ persistentWorkers });
      await using loader = new DataLoader(deadly(4, { at: 0, how: "exit" }), given);
      for (const epoch of [0, 1]) {
        const [error, second] = await outcomes(loader.batches(epoch));
        expect(error).toMatchObject({ code: "WORKER_DIED" });
        expect(second).toEqual([2, 3]);
      }
    }
  });

  it("while it is made is tried three times, then fails every batch, and the next epoch tries anew", async () => {
    const module = new URL("./fixtures/faults.mjs", import.meta.url).href;
    const cell = strikes(4);
    const made = (count?: Int32Array) => ({ module, export: "buildStillborn", args: ["exit", count] });
    const { options: given, warnings } = options({ persistentWorkers: true, recipe: made(cell) });
    await using loader = new DataLoader(numbers(4), given);
    const errors = await outcomes(loader.batches(0));
    expect(errors).toEqual([
      expect.objectContaining({ code: "WORKER_DIED", where: ["making its part of the line", "worker 0"] }),
      expect.objectContaining({ code: "WORKER_DIED" }),
    ]);
    expect(warnings).toHaveLength(2);
    expect(await outcomes(loader.batches(1))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("can be closed, left and aborted at once", async () => {
    for (const how of ["close", "return", "abort"] as const) {
      const controller = new AbortController();
      const { options: given } = options({ numWorkers: 2 });
      const loader = new DataLoader(deadly(40, { at: 0, how: "exit" }), given);
      const epoch = loader.batches(0, { signal: controller.signal });
      const first = epoch.next().catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (how === "close") await loader.close();
      if (how === "return") await epoch.return?.();
      if (how === "abort") controller.abort();
      expect(await first).toMatchObject({ code: expect.stringMatching(/ABORTED|LOADER_CLOSED|WORKER_DIED/) });
      await loader.close();
      expect(aliveThreads()).toBe(0);
    }
  });
});

describe("a stream whose worker dies", () => {
  it.each([true, false])(
    "goes on after the last batch that arrived, with a state of its own: %s",
    async (stateful) => {
      const { options: given, warnings } = options({ numWorkers: 2 });
      const stream = (cell: Int32Array, numWorkers: number) =>
        new DataLoader(deadlyStream(20, { at: 9, how: "exit", cell, stateful }), { ...given, numWorkers });
      const expected = await outcomes(stream(strikes(0), 2).batches(0));
      expect(await outcomes(stream(strikes(2), 2).batches(0))).toEqual(expected);
      expect(warnings).toHaveLength(2);
    },
  );

  it("for good is named once, and has ended; the other shards go on", async () => {
    const { options: given } = options({ numWorkers: 2 });
    const loader = new DataLoader(deadlyStream(16, { at: 5, how: "exit", stateful: true }), given);
    expect(await outcomes(loader.batches(0))).toEqual([
      [0, 2],
      [1, 3],
      [4, 6],
      expect.objectContaining({
        code: "WORKER_DIED",
        where: ["reading", "sample 2 of shard 1", "epoch 0", "worker 1"],
      }),
      [8, 10],
      [12, 14],
    ]);
  });
});

describe("a worker that hangs", () => {
  it.each([
    ["hang", 0, ["reading", "sample 3 (item-3)", "batch 1", "epoch 0", "worker 0"]],
    ["spin", 0, ["reading", "sample 3 (item-3)", "batch 1", "epoch 0", "worker 0"]],
    ["hang", 5, ["reading", "sample 3 (item-3)", "batch 1", "epoch 0", "worker 0"]],
  ] as const)(
    "(%s, others after %i ms) is named with stage and sample after the timeout",
    async (how, wait, where) => {
      const { options: given } = options({ timeout: 8 });
      const loader = new DataLoader(deadly(8, { at: 3, how, wait, cell: strikes(1) }), given);
      const epoch = loader.batches(0);
      expect((await epoch.next()).value?.data).toEqual([0, 1]);
      await expect(epoch.next()).rejects.toMatchObject({ code: "LOADER_TIMEOUT", where });
      expect(aliveThreads()).toBe(0);
      expect(await outcomes(loader.batches(1))).toHaveLength(4);
    },
  );

  it("in a transform is named by it", async () => {
    const { options: given } = options({ timeout: 8 });
    const loader = new DataLoader(deadlyTransform(8, { at: 1, how: "hang" }), given);
    await expect(loader.batches(0).next()).rejects.toMatchObject({
      where: ["transform 1 sharpen", "sample 1 (item-1)", "batch 0", "epoch 0", "worker 0"],
    });
  });
});
