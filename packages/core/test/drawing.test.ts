/** Random numbers of collate functions: those of each sample, whoever makes the batch, and whenever. */
import {
  type Batch,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  type IterableDataset,
  Subset,
} from "@millrace/core/dataloader";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { type Drawn, drawing, numbers, numberStream } from "./fixtures/drawing.mjs";

const opened: DataLoader<number, Drawn>[] = [];

afterEach(async () => {
  for (const loader of opened.splice(0)) await loader.close();
  expect(aliveThreads()).toBe(0);
});

type Options = Omit<DataLoaderOptions<number, Drawn>, "collate">;

function open(dataset: Dataset<number> | IterableDataset<number>, options: Options = {}) {
  const given = { batchSize: 8, seed: 3, ...options };
  const loader = new DataLoader<number, Drawn>(dataset as Dataset<number>, { ...given, collate: drawing });
  opened.push(loader);
  return loader;
}

/** What each sample drew. */
function drawsOf(batches: Iterable<Pick<Batch<Drawn>, "data">>): Map<number, number> {
  const draws = new Map<number, number>();
  for (const { data } of batches) data.value.data.forEach((value, i) => draws.set(value, data.draw.data[i]));
  return draws;
}

async function read(loader: DataLoader<number, Drawn>, epoch = 0): Promise<Map<number, number>> {
  const batches: Batch<Drawn>[] = [];
  for await (const batch of loader.batches(epoch)) batches.push(batch);
  for (const { data } of batches) expect(data.epoch).toBe(epoch);
  return drawsOf(batches);
}

const sorted = (draws: Map<number, number>) => [...draws].sort(([a], [b]) => a - b);

describe("a collate function's random numbers", () => {
  it("are the same for any number of workers, and other ones in each epoch, for each sample and each seed", async () => {
    const [first, second] = [await read(open(numbers(40))), await read(open(numbers(40)), 1)];
    for (const numWorkers of [2, 3]) {
      const loader = open(numbers(40), { numWorkers, persistentWorkers: true });
      expect(await read(loader)).toEqual(first);
      expect(await read(loader, 1)).toEqual(second);
    }
    const other = await read(open(numbers(40), { seed: 4 }));
    const all = [first, second, other].flatMap((draws) => [...draws.values()]);
    expect(new Set(all).size).toBe(120);
  });

  it("belong to the sample of the source, whatever batch, order or part of it is read", async () => {
    const draws = await read(open(numbers(40)));
    const shuffled = await read(open(numbers(40), { shuffle: true, batchSize: 7 }));
    expect(sorted(shuffled)).toEqual(sorted(draws));
    const part = await read(open(new Subset(numbers(40), [31, 5, 17])));
    expect([...part]).toEqual([31, 5, 17].map((index) => [index, draws.get(index)]));
  });

  it("are the same when a run is resumed, and when one batch is made again", async () => {
    const draws = await read(open(numbers(40), { shuffle: true }), 2);
    const loader = open(numbers(40), { shuffle: true });
    const batches = loader.batches(2);
    await batches.next();
    const resumed = open(numbers(40), { shuffle: true, numWorkers: 2 }).resume(loader.state());
    const rest = await read(resumed, 2);
    expect(rest.size).toBe(32);
    for (const [value, draw] of rest) expect(draw).toBe(draws.get(value));
    const again = await open(numbers(40), { shuffle: true }).batchAt(2, 3);
    for (const [value, draw] of drawsOf([again])) expect(draw).toBe(draws.get(value));
  });

  it("stay a sample's own where bad ones are passed over, or replaced", async () => {
    const draws = await read(open(numbers(40)));
    for (const onError of ["skip", "replace"] as const) {
      for (const numWorkers of [0, 2]) {
        const given = { onError, numWorkers, maxRatio: 1, onBadSample: () => {} };
        const kept = await read(open(numbers(40, [3, 20]), given));
        expect(kept.has(3)).toBe(false);
        for (const [value, draw] of kept) expect(draw).toBe(draws.get(value));
      }
    }
  });

  it("follow a stream's keys, or its count of samples, over any number of shards and after resuming", async () => {
    const draws = await read(open(numbers(140)));
    for (const keyed of [false, true]) {
      for (const numWorkers of [0, 2]) {
        const loader = open(numberStream(40, keyed), { numWorkers });
        const seen = await read(loader);
        expect(seen.size).toBe(40);
        for (const [value, draw] of seen) expect(draw).toBe(draws.get(keyed ? value + 100 : value));
        const batches = loader.batches(0);
        for (let i = 0; i < 2; i++) await batches.next();
        const rest = await read(open(numberStream(40, keyed), { numWorkers }).resume(loader.state()));
        await batches.return?.();
        expect(rest.size).toBe(24);
        for (const [value, draw] of rest) expect(draw).toBe(seen.get(value));
      }
    }
  });

  it("are those of the one sample where batching is off", async () => {
    const draws = await read(open(numbers(4)));
    const single = new DataLoader<number, unknown>(numbers(4), {
      batchSize: null,
      seed: 3,
      collate: (sample, _allocator, _fields, context) => [sample, context?.random(0).uniform()],
    });
    const seen: unknown[] = [];
    for await (const { data } of single) seen.push(data);
    expect(seen).toEqual([...draws]);
  });
});
