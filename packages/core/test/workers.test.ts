/** What workers know and do: worker info, init hook, timeouts, order as it comes, streams. */
import { type Batch, DataLoader, type DataLoaderOptions, defaultCollate } from "@millrace/core";
import { defaultConvert, getWorkerInfo } from "@millrace/core/dataloader";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import {
  failToStart,
  hanging,
  hangingFirst,
  identity,
  informed,
  mark,
  sharded,
  unsharded,
} from "./fixtures/streams.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

async function read<S, B>(loader: DataLoader<S, B>): Promise<B[]> {
  const seen: B[] = [];
  for await (const batch of loader) seen.push(batch.data);
  return seen;
}
const told = (options: DataLoaderOptions<never, never>, n = 6, delays = {}) =>
  new DataLoader<
    ReturnType<ReturnType<typeof informed>["get"]>,
    Awaited<ReturnType<ReturnType<typeof informed>["get"]>>[]
  >(informed(n, delays) as never, { collate: identity as never, ...(options as object) });

describe("workers", () => {
  it("know their id, number, seed and own dataset; the main thread knows nothing", async () => {
    const batches = (await read(told({ numWorkers: 2, seed: 5 }))).flat();
    expect(batches.map(({ worker }) => worker)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(batches.every(({ workers, frozen, own }) => workers === 2 && frozen && own)).toBe(true);
    const [first, second] = batches.map(({ seed }) => BigInt(seed));
    expect(second - first).toBe(1n);
    expect(getWorkerInfo()).toBeNull();
    expect((await read(told({}))).flat()[0].worker).toBe(-1);
  });

  it("have the same seeds in every run of the same seed, others in the next epoch", async () => {
    const seeds = async (seed: number) => {
      const loader = told({ numWorkers: 2, seed });
      return [await read(loader), await read(loader)].map((batches) =>
        batches.flat().map((sample) => sample.seed),
      );
    };
    const [a, b] = [await seeds(1), await seeds(1)];
    expect(a).toEqual(b);
    expect(a[0]).not.toEqual(a[1]);
    expect(await seeds(2)).not.toEqual(a);
  });

  it("run workerInit once each, before the first sample", async () => {
    const batches = (await read(told({ numWorkers: 2, workerInit: mark }))).flat();
    expect(batches.map((sample) => sample.mark)).toEqual(
      batches.map(({ worker }) => `worker ${worker} ready`),
    );
  });

  it("are replaced where they hang in an epoch that was left, so that the next one is whole", async () => {
    await using loader = new DataLoader(hangingFirst(6, 2), {
      batchSize: 1,
      numWorkers: 2,
      persistentWorkers: true,
    });
    const controller = new AbortController();
    const first = loader.batches(0, { signal: controller.signal });
    await first.next();
    await first.next();
    const waiting = first.next();
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    const seen: number[] = [];
    for await (const { data } of loader.batches(1)) seen.push(data.data[0]);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    expect(loader.metrics().workers.deaths).toBe(0);
  }, 60_000);

  it("report a workerInit that throws for every batch, and end", async () => {
    await using loader = told({ numWorkers: 1, workerInit: failToStart });
    const epoch = loader.batches(0);
    for (let i = 0; i < 2; i++)
      await expect(epoch.next()).rejects.toThrow(/build its part of the line: no luck/);
  });

  it("are given up after the timeout, and the loader can be used again", async () => {
    await using loader = new DataLoader(hanging(4, 1), { numWorkers: 1, timeout: 8 });
    const epoch = loader.batches(0);
    await epoch.next();
    await expect(epoch.next()).rejects.toMatchObject({
      code: "LOADER_TIMEOUT",
      message: "the loader timed out after 8 seconds",
      where: ["reading", "sample 1", "batch 1", "epoch 0", "worker 0"],
    });
    expect(aliveThreads()).toBe(0);
    expect((await loader.batches(1).next()).done).toBe(false);
  });

  it.each([false, true])(
    "do not hold up a signal, leaving or closing while a sample never comes, kept: %s",
    async (persistentWorkers) => {
      const open = () => new DataLoader(hanging(4, 1), { numWorkers: 1, persistentWorkers });
      const controller = new AbortController();
      const aborted = open();
      const epoch = aborted.batches(0, { signal: controller.signal });
      await epoch.next();
      const next = epoch.next();
      controller.abort();
      // Rejected while the worker is still at it: its thread is there until `close` has ended it.
      await expect(next).rejects.toMatchObject({ code: "ABORTED" });
      expect(aliveThreads()).toBe(1);
      await aborted.close();
      const left = open();
      const other = left.batches(0);
      await other.next();
      const waiting = other.next();
      const closing = left.close();
      await expect(waiting).rejects.toMatchObject({ code: "LOADER_CLOSED" });
      expect(aliveThreads()).toBe(1);
      await closing;
      if (!persistentWorkers) return;
      const kept = open();
      for await (const batch of kept) {
        batch.release();
        break;
      }
      // The worker is kept, and still at the next batch: the loop was left all the same.
      expect(aliveThreads()).toBe(1);
      await kept.close();
    },
    60_000,
  );

  it("hand out batches as they are ready when order does not matter", async () => {
    const loader = told({ numWorkers: 2, inOrder: false }, 10, { 0: 1500 });
    const order = (await read(loader)).flat().map(({ index }) => index);
    // As torch's test_out_of_order_index_ds: worker 0 is held up with 0 and 2, the other does all the rest.
    expect(order).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 0, 2]);
  });

  it("make single samples where batching is off", async () => {
    const samples = async (numWorkers: number) =>
      read(new DataLoader([5, 6, 7], { batchSize: null, numWorkers }));
    expect(await samples(0)).toEqual([5, 6, 7]);
    expect(await samples(2)).toEqual([5, 6, 7]);
  });
});

describe("the default collate functions", () => {
  it("can be given by name, with workers too", async () => {
    const options = { batchSize: 2, numWorkers: 1, collate: defaultCollate };
    const batches = await read(new DataLoader([5, 6, 7], options as never));
    expect(batches).toMatchObject([{ shape: [2] }, { shape: [1] }]);
    const single = { batchSize: null, numWorkers: 1, collate: defaultConvert };
    expect(await read(new DataLoader([5, 6], single as never))).toEqual([5, 6]);
  });
});

describe("streams", () => {
  const batches = (stream: Iterable<number>, options: DataLoaderOptions<number, number[]>) =>
    read(new DataLoader<number, number[]>(stream, { collate: identity as never, ...options }));

  it("are read whole by every worker that does not shard, each dropping a last batch of its own", async () => {
    expect(await batches(unsharded(5), { batchSize: 2, numWorkers: 2 })).toEqual([
      [0, 1],
      [0, 1],
      [2, 3],
      [2, 3],
      [4],
      [4],
    ]);
    expect(await batches(unsharded(5), { batchSize: 2, numWorkers: 2, dropLast: true })).toEqual([
      [0, 1],
      [0, 1],
      [2, 3],
      [2, 3],
    ]);
    expect(await batches(unsharded(5), { batchSize: 2 })).toEqual([[0, 1], [2, 3], [4]]);
  });

  it.each([0, 1, 2, 3])(
    "that shard themselves give each sample once with %i workers, epoch after epoch",
    async (numWorkers) => {
      await using loader = new DataLoader<number, number[]>(sharded(10), {
        batchSize: 3,
        numWorkers,
        persistentWorkers: numWorkers > 0,
        collate: identity as never,
      });
      for (const epoch of [0, 1]) {
        const seen = (await read(loader)).flat().sort((a, b) => a - b);
        expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => epoch * 1000 + i));
      }
    },
  );

  it("know their length where the dataset does", () => {
    expect(new DataLoader(sharded(10), { batchSize: 3 }).length).toBe(4);
    expect(new DataLoader(sharded(10), { batchSize: 3, dropLast: true }).length).toBe(3);
    expect(() => new DataLoader(unsharded(10)).length).toThrow("this stream does not know its length");
  });

  it("that give more than their length says are named once an epoch", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error & { code?: string }) => {
      if (warning.code === "MILLRACE_LENGTH") warnings.push(warning.message);
    };
    process.on("warning", listen);
    const stream = Object.assign(unsharded(6), { length: 4 });
    await read(new DataLoader(stream, { batchSize: 1 }));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    expect(warnings).toEqual(["a stream gives more than the 4 batches that its length says"]);
  });

  it("that are endless can be left, and their workers end", async () => {
    for await (const { data } of new DataLoader(unsharded(Number.POSITIVE_INFINITY), {
      batchSize: 2,
      numWorkers: 2,
    })) {
      expect(data).toBeDefined();
      break;
    }
  });

  it.each(["shuffle", "sampler", "batchSampler"])("refuse %s before anything else is said", (option) => {
    const value = option === "shuffle" ? true : [0];
    expect(() => new DataLoader(unsharded(3), { [option]: value, dropLast: true, batchSize: 7 })).toThrow(
      `a stream (iterable dataset) has an order of its own and excludes ${option}, but ${option} was given`,
    );
  });
});

describe("several calls of next at once", () => {
  const all = async (loader: DataLoader<number, number[]>, calls: number) => {
    const epoch = loader.batches(0);
    const results = await Promise.all(Array.from({ length: calls }, () => epoch.next()));
    return results.flatMap(({ value }) => value?.data ?? []);
  };

  it("give each batch once, in order or as they are ready", async () => {
    for (const inOrder of [true, false]) {
      const loader = told({ numWorkers: 2, inOrder }, 8) as never as DataLoader<number, { index: number }[]>;
      const epoch = loader.batches(0);
      const results = await Promise.all(Array.from({ length: 9 }, () => epoch.next()));
      const indices = results.flatMap(
        ({ value }) => value?.data.map((sample: { index: number }) => sample.index) ?? [],
      );
      expect(indices.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  });

  it("do not take each other's samples of a stream", async () => {
    const loader = new DataLoader<number, number[]>(sharded(10), {
      batchSize: 3,
      collate: identity as never,
    });
    expect(await all(loader, 5)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("several loaders", () => {
  it("interleave", async () => {
    const [a, b] = [1, 2].map((seed) => new DataLoader([1, 2, 3], { numWorkers: 1, seed }).batches(0));
    for (let i = 0; i < 3; i++) {
      const [x, y] = [await a.next(), await b.next()] as { value: Batch }[];
      expect(x.value.step).toBe(y.value.step);
    }
    await Promise.all([a.next(), b.next()]);
  });
});
