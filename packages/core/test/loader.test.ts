/** The loader with real worker threads, from the built package. */
import { type Batch, DataLoader, type DataLoaderOptions, MillraceError, type NdArray } from "@millrace/core";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { countingCollate, countingDataset } from "./fixtures/line.mjs";

const module = new URL("./fixtures/line.mjs", import.meta.url).href;
const recipe = (name: string, args: object) => ({ module, export: name, args });

interface Counted {
  readonly value: NdArray;
  readonly thread: number;
  readonly names: string[];
}

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

function counting(length: number, options: DataLoaderOptions<number, Counted> = {}, delays = {}) {
  return new DataLoader(countingDataset(length, delays), {
    collate: countingCollate,
    recipe: recipe("counting", { length, delays }),
    ...options,
  });
}

async function collect<T>(
  batches: AsyncIterable<Batch<T>>,
  of: (batch: Batch<T>) => unknown,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const batch of batches) {
    seen.push(of(batch));
    batch.release();
  }
  return seen;
}

const values = ({ data }: Batch<Counted>) => [...data.value.data];

describe("DataLoader", () => {
  it.each([0, 1, 2, 3])(
    "yields every sample in order with %i workers, the last batch smaller",
    async (numWorkers) => {
      const batches = await collect(counting(10, { batchSize: 4, numWorkers }), values);
      expect(batches).toEqual([
        [0, 10, 20, 30],
        [40, 50, 60, 70],
        [80, 90],
      ]);
    },
  );

  it("keeps the order when later samples are ready first", async () => {
    const loader = counting(6, { batchSize: 1, numWorkers: 3 }, { 0: 60, 3: 30 });
    expect(await collect(loader, values)).toEqual([[0], [10], [20], [30], [40], [50]]);
  });

  it("shuffles each epoch anew, the same for any number of workers", async () => {
    const epochs = async (numWorkers: number) => {
      const loader = counting(50, { batchSize: 8, shuffle: true, seed: 7, numWorkers });
      return [await collect(loader, values), await collect(loader, values)];
    };
    const [here, there] = [await epochs(0), await epochs(2)];
    expect(there).toEqual(here);
    expect(here[0]).not.toEqual(here[1]);
  });

  it("draws an epoch's order as torch's DistributedSampler does for one replica", async () => {
    const loader = counting(10, { batchSize: 10, shuffle: true, seed: 7 });
    expect(await collect(loader.batches(3), ({ indices }) => indices.join(" "))).toEqual([
      "7 4 6 1 3 5 9 8 2 0",
    ]);
  });

  it("yields each index exactly once for any length, batch size, workers and prefetch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (length, batchSize, numWorkers, prefetchFactor, shuffle) => {
          const options = { batchSize, numWorkers, shuffle, ...(numWorkers > 0 && { prefetchFactor }) };
          const batches = (await collect(counting(length, options), values)) as number[][];
          expect(batches).toEqual(await collect(counting(length, { batchSize, shuffle }), values));
          expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i * 10));
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);

  it("builds batches in shared memory, in the workers' threads", async () => {
    const threads = new Set<number>();
    for await (const { data } of counting(8, { batchSize: 2, numWorkers: 2 })) {
      expect(data.value.data.buffer).toBeInstanceOf(SharedArrayBuffer);
      threads.add(data.thread);
    }
    expect(threads.size).toBe(2);
    expect(threads).not.toContain(0);
  });

  it("never overwrites a batch that was not released", async () => {
    const kept: Batch<Counted>[] = [];
    for await (const batch of counting(40, { batchSize: 2, numWorkers: 2 })) kept.push(batch);
    expect(kept.map(values).flat()).toEqual(Array.from({ length: 40 }, (_, i) => i * 10));
  });

  it("uses released memory again, and release does nothing the second time", async () => {
    const buffers = new Set<unknown>();
    for await (const { data, release } of counting(60, { batchSize: 2, numWorkers: 1, prefetchFactor: 2 })) {
      buffers.add(data.value.data.buffer);
      release();
      release();
    }
    // Two under way, one in hand; the first of each may be replaced while slots are sized.
    expect(buffers.size).toBeLessThanOrEqual(6);
  });

  it("grows the memory of batches that become larger, and copies arrays that collate made itself", async () => {
    const dataset = { length: 6, get: () => 0 };
    const loader = new DataLoader<number, { last: Float64Array; sizes: number[] }>(dataset, {
      batchSize: 2,
      numWorkers: 1,
      recipe: recipe("growing", { length: 6 }),
    });
    const seen = await collect(loader, ({ data }) => [data.sizes, data.last.length, new Set(data.last)]);
    expect(seen).toEqual([
      [[1000, 2000], 2000, new Set([1])],
      [[3000, 4000], 4000, new Set([3])],
      [[5000, 6000], 6000, new Set([5])],
    ]);
  });

  it("ends its threads when the loop is left early", async () => {
    for await (const batch of counting(100, { batchSize: 1, numWorkers: 2 })) {
      expect(values(batch)).toEqual([0]);
      break;
    }
  });

  it("keeps persistent workers between epochs until it is closed", async () => {
    await using loader = counting(8, { batchSize: 2, numWorkers: 2, persistentWorkers: true });
    const threads = async () => new Set(await collect(loader, ({ data }) => data.thread));
    expect(await threads()).toEqual(await threads());
  });

  it("names the sample, the epoch and the worker of a fault, and goes on with the next batch", async () => {
    await using loader = new DataLoader<number, Counted>(
      { length: 6, get: () => 0 },
      { batchSize: 2, numWorkers: 2, recipe: recipe("failing", { length: 6, bad: [2] }) },
    );
    const epoch = loader.batches(4);
    expect((await epoch.next()).value?.data.names).toEqual(["0", "1"]);
    const error = await epoch.next().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(MillraceError);
    expect((error as MillraceError).describe()).toBe(
      "a sample cannot be read: no sample 2 (sample 2 (item-2), epoch 4, worker 1)",
    );
    expect((error as MillraceError).cause).toMatchObject({ name: "TypeError", message: "no sample 2" });
    expect((await epoch.next()).value?.data.names).toEqual(["4", "5"]);
    expect((await epoch.next()).done).toBe(true);
  });

  it("says that a worker died, at the batch it dies of", async () => {
    await using loader = new DataLoader(
      { length: 8, get: () => 0 },
      { batchSize: 2, numWorkers: 1, recipe: recipe("dying", { length: 8, at: 3 }) },
    );
    const epoch = loader.batches(0);
    await epoch.next();
    await expect(epoch.next()).rejects.toMatchObject({
      code: "WORKER_DIED",
      message: "worker 0 exited unexpectedly with code 3",
      where: ["reading", "sample 3", "epoch 0", "worker 0"],
    });
    expect((await epoch.next()).value?.indices).toEqual([4, 5]);
  });

  it("reports a recipe that fails as what it is", async () => {
    await using loader = new DataLoader([1, 2], { numWorkers: 1, recipe: recipe("broken", {}) });
    await expect(loader.batches(0).next()).rejects.toMatchObject({
      code: "WORKER_RECIPE",
      message: "a worker could not build its part of the line: the recipe is no good",
      where: ["worker 0"],
    });
  });

  it("names the field of a batch that cannot leave its thread", async () => {
    await using loader = new DataLoader([1, 2], {
      numWorkers: 1,
      recipe: recipe("untransferable", { length: 2 }),
    });
    await expect(loader.batches(0).next()).rejects.toMatchObject({
      code: "BATCH_NOT_TRANSFERABLE",
      message: expect.stringContaining("inner.callback is a function"),
    });
  });

  it("lets every worker close its dataset", async () => {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const options = {
      numWorkers: 2,
      persistentWorkers: true,
      recipe: recipe("closing", { length: 4, cell }),
    };
    const loader = new DataLoader([1, 2, 3, 4], options);
    await collect(loader, () => 0);
    await Promise.all([loader.close(), loader.close()]);
    expect(cell[0]).toBe(2);
    expect(() => loader.batches(0)).toThrow("the loader was closed");
  });

  it("passes on what workers log", async () => {
    const lines: unknown[] = [];
    const silent = () => undefined;
    const logger = {
      debug: silent,
      warn: silent,
      error: silent,
      info: (fields: object, message: string) => void lines.push([fields, message]),
    };
    await collect(
      new DataLoader([1, 2], { numWorkers: 1, logger, recipe: recipe("talking", { length: 2 }) }),
      () => 0,
    );
    expect(lines).toEqual([[{ length: 2 }, "line built"]]);
  });

  it.each([0, 2])("stops waiting when it is aborted, with %i workers", async (numWorkers) => {
    const controller = new AbortController();
    const loader = counting(4, { batchSize: 1, numWorkers }, { 1: 200, 2: 200, 3: 200 });
    const epoch = loader.batches(0, { signal: controller.signal });
    await epoch.next();
    const waiting = epoch.next();
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    await expect(epoch.next()).rejects.toMatchObject({ code: "ABORTED" });
    await loader.close();
  });

  it("serves several epochs at once", async () => {
    await using loader = counting(6, { batchSize: 2, numWorkers: 2, persistentWorkers: true });
    const [a, b] = [loader.batches(0), loader.batches(1)];
    const seen: number[] = [];
    for (let step = 0; step < 3; step++) {
      for (const epoch of [a, b]) seen.push(...values((await epoch.next()).value as Batch<Counted>));
    }
    expect(seen).toEqual([0, 10, 0, 10, 20, 30, 20, 30, 40, 50, 40, 50]);
    await Promise.all([a.return?.(), b.return?.()]);
  });

  it("counts batches and samples, and follows a dataset that grows", () => {
    const samples = [1, 2, 3, 4, 5];
    const loader = new DataLoader(samples, { batchSize: 2 });
    expect([loader.length, loader.samples]).toEqual([3, 5]);
    samples.push(6, 7);
    expect([loader.length, loader.samples]).toEqual([4, 7]);
    const dropping = new DataLoader(samples, { batchSize: 2, dropLast: true });
    expect([dropping.length, dropping.samples]).toEqual([3, 6]);
  });

  it("takes an array as it is, and yields nothing for an empty one", async () => {
    expect(await collect(new DataLoader([3, 4], { batchSize: 2 }), ({ data }) => data)).toEqual([
      { dtype: "int32", shape: [2], data: Int32Array.of(3, 4) },
    ]);
    expect(await collect(new DataLoader([]), () => 0)).toEqual([]);
    expect(() => new DataLoader([], { shuffle: true })).toThrow("shuffle needs at least one sample");
  });

  it.each([
    [{ numWorkers: -1 }, "numWorkers must be a whole number of at least 0, was -1"],
    [{ prefetchFactor: 2 }, "prefetchFactor needs workers, but numWorkers is 0"],
    [{ numWorkers: 1, prefetchFactor: 0 }, "prefetchFactor must be a whole number of at least 1, was 0"],
    [{ persistentWorkers: true }, "persistentWorkers needs workers, but numWorkers is 0"],
    [{ batchSize: 0 }, "batchSize must be a whole number of at least 1, was 0"],
    [{ batchSize: 1.5 }, "batchSize must be a whole number of at least 1, was 1.5"],
    [
      { shuffle: true, sampler: { length: 0, indices: () => [] } },
      "sampler and shuffle exclude each other, but both were given",
    ],
  ])("refuses %j", (options, message) => {
    expect(() => new DataLoader([1], options)).toThrow(message);
  });

  it("says how to use workers with a dataset of one's own", async () => {
    const dataset = { length: 1, get: () => 1 };
    expect(() => new DataLoader(dataset, { numWorkers: 1 }).batches(0)).toThrow(
      "workers cannot make dataset.get again: it is a function",
    );
  });
});
