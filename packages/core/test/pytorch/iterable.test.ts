/** PyTorch's tests of iterable datasets, alone and with workers. */
import type { Batch, DataLoader, NdArray } from "@millrace/core";
import { ChainDataset } from "@millrace/core/dataloader";
import { describe, expect, it } from "vitest";
import { countingStream, queued, setWorker, shardIds, unequalShards } from "./fixtures/portable.js";
import { classes, list, loaders, range, tolist, warningsOf } from "./loaders.js";

const sizes = [0, 4, 20];
const numWorkers = sizes.length;
const ascending = (a: number, b: number) => a - b;
const byFirst = (a: readonly number[], b: readonly number[]) => a[0] - b[0] || a.length - b.length;

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);

  it("test_iterable_style_dataset: without batches, samples stay numbers", async () => {
    const loader = make(countingStream(20), { batchSize: null });
    expect(await list(loader)).toEqual(range(20));
    expect(loader.length).toBe(20);
  });

  it.each([2, 3, 4])(
    "test_iterable_style_dataset: shards of 0, 4 and 20 samples without batches, %i ahead",
    async (prefetchFactor) => {
      const loader = make<number, number>(unequalShards(sizes), {
        batchSize: null,
        numWorkers,
        prefetchFactor,
      });
      const expected = sizes.flatMap(range).sort(ascending);
      expect((await list(loader)).sort(ascending)).toEqual(expected);
      expect(loader.length).toBe(24);
      expect((await list(loader)).sort(ascending)).toEqual(expected);
    },
  );

  it("test_iterable_style_dataset: steps count the batches, wherever shards end, and none is beyond the length", async () => {
    const loader = make<number, number>(unequalShards(sizes), { batchSize: null, numWorkers });
    const steps: number[] = [];
    const warnings = await warningsOf(async () => {
      for await (const { step } of loader) steps.push(step);
    });
    expect(steps).toEqual(range(24));
    expect(warnings.filter(({ code }) => code === "MILLRACE_LENGTH")).toEqual([]);
  });

  it("test_iterable_style_dataset: in batches of 7", async () => {
    const batches = await list(make<number, NdArray>(countingStream(20), { batchSize: 7 }));
    expect(batches.map(tolist)).toEqual([range(7), range(14).slice(7), range(20).slice(14)]);
    const whole = await list(make<number, NdArray>(countingStream(20), { batchSize: 7, dropLast: true }));
    expect(whole.map(tolist)).toEqual([range(7), range(14).slice(7)]);
  });

  // Worker 0 has no batch, worker 1 a short one, worker 2 three of which the last is short.
  it.each([2, 3, 4])(
    "test_iterable_style_dataset: each worker makes batches of its own shard, %i ahead",
    async (prefetchFactor) => {
      const options = { batchSize: 7, numWorkers, prefetchFactor };
      const batches = await list(make<number, NdArray>(unequalShards(sizes), options));
      expect(batches.map(tolist).sort(byFirst)).toEqual([
        range(4),
        range(7),
        range(14).slice(7),
        range(20).slice(14),
      ]);
    },
  );

  it.each([2, 3, 4])(
    "test_iterable_style_dataset: each worker drops its own last batch, %i ahead",
    async (prefetchFactor) => {
      const options = { batchSize: 7, numWorkers, prefetchFactor, dropLast: true };
      const batches = await list(make<number, NdArray>(unequalShards(sizes), options));
      expect(batches.map(tolist).sort(byFirst)).toEqual([range(7), range(14).slice(7)]);
    },
  );

  it.each([
    [false, [[0, 1], [0, 1], [2, 3], [2, 3], [4], [4]]],
    [
      true,
      [
        [0, 1],
        [0, 1],
        [2, 3],
        [2, 3],
      ],
    ],
  ])(
    "test_iterable_style_dataset: one that does not shard is read by each worker, dropLast %s",
    async (dropLast, expected) => {
      const loader = make<number, NdArray>(countingStream(5), { batchSize: 2, numWorkers: 2, dropLast });
      expect((await list(loader)).map(tolist)).toEqual(expected);
    },
  );

  // torch warns at every batch, once len() was asked for.
  it.each([0, 2])(
    "test_iterable_style_dataset: more batches than the stream's length bring one warning an epoch, %i workers",
    async (numWorkers) => {
      const stream = numWorkers === 0 ? overlong(5, 8) : countingStream(5);
      const loader = make<number, NdArray>(stream, { numWorkers });
      expect(loader.length).toBe(5);
      const epoch = loader[Symbol.asyncIterator]();
      expect(await warningsOf(() => take(epoch, 5))).toEqual([]);
      const warnings = await warningsOf(() => take(epoch, 3));
      expect(warnings).toMatchObject([
        { code: "MILLRACE_LENGTH", message: expect.stringContaining("more than the 5 batches") },
      ]);
      expect(/every worker reads the whole stream/.test(warnings[0].message)).toBe(numWorkers > 0);
      await epoch.return?.();
    },
  );

  it.each([0, 1])(
    "test_chain_iterable_style_dataset: one stream after the other, %i workers",
    async (numWorkers) => {
      const chain = new ChainDataset([countingStream(20), countingStream(15)]);
      const loader = make<number, NdArray>(chain, { numWorkers });
      expect((await list(loader)).map(tolist)).toEqual([...range(20), ...range(15)].map((i) => [i]));
      expect(loader.length).toBe(35);
    },
  );

  it.each([0, 1])(
    "test_chain_iterable_style_dataset: refuses a map-style one when its turn comes, %i workers",
    async (numWorkers) => {
      const chain = new ChainDataset([countingStream(2), range(3) as never]);
      const loader = make<number, NdArray>(chain, { numWorkers });
      const epoch = loader[Symbol.asyncIterator]();
      expect(tolist((await epoch.next()).value?.data as NdArray)).toEqual([0]);
      expect(tolist((await epoch.next()).value?.data as NdArray)).toEqual([1]);
      await expect(epoch.next()).rejects.toThrow(
        "ChainDataset takes streams only, but dataset 1 is an array of 3",
      );
      await epoch.return?.();
    },
  );

  it("test_multi_epochs_reproducibility: every epoch begins with worker 0", async () => {
    const loader = make<number, NdArray>(shardIds(20), { batchSize: 10, numWorkers: 2 });
    for (let epoch = 0; epoch < 3; epoch++) {
      expect((await list(loader)).map(tolist)).toEqual([new Array(10).fill(0), new Array(10).fill(1)]);
    }
  });
});

describe.each(classes)("TestIndividualWorkerQueue, as $name", ({ persistent }) => {
  const make = loaders(persistent);

  it.each([
    [1, [8, 64]],
    [2, [8, 16, 32, 64]],
    [3, [8]],
  ])("test_ind_worker_queue: batch i comes from worker i mod %i", async (workers, batchSizes) => {
    for (const batchSize of batchSizes) {
      const options = { batchSize, numWorkers: workers, timeout: 60, workerInit: setWorker };
      const loader: DataLoader<unknown, readonly [NdArray, NdArray]> = make(queued(128), options);
      (await list(loader)).forEach(([ids, samples], i) => {
        expect(tolist(ids)).toEqual(new Array(samples.data.length).fill(i % workers));
        expect(tolist(samples)).toEqual(range(128).slice(i * batchSize, (i + 1) * batchSize));
      });
    }
  });
});

/** A stream that gives more samples than it says. */
function overlong(length: number, samples: number): Iterable<number> & { readonly length: number } {
  return { length, [Symbol.iterator]: () => range(samples)[Symbol.iterator]() };
}

async function take(epoch: AsyncIterator<Batch>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect((await epoch.next()).done).toBe(false);
}
