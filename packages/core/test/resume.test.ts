/** Exact resume: the tail after a resume is the uninterrupted one's, wherever it was stopped. */
import { DataLoader, type DataLoaderOptions, type NdArray, transformed } from "@millrace/core";
import { Generator, type LoaderState } from "@millrace/core/dataloader";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { forgetful, identity, sharded, unsharded } from "./fixtures/streams.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

type Loader = DataLoader<number, number[]>;
type Make = () => Loader;
const json = (state: LoaderState): unknown => JSON.parse(JSON.stringify(state));
const numbers = Array.from({ length: 30 }, (_, i) => i * 3);

function mapStyle(options: DataLoaderOptions<number, number[]> = {}): Loader {
  return new DataLoader(numbers, { batchSize: 4, collate: identity as never, ...options });
}

/** The next `count` batches over as many epochs as that takes, each as text with its epoch and step. */
async function take(loader: Loader, count: number, close = true): Promise<string[]> {
  const seen: string[] = [];
  try {
    while (seen.length < count) {
      for await (const { data, epoch, step } of loader) {
        seen.push(`${epoch}.${step}: ${data.join(" ")}`);
        if (seen.length === count) break;
      }
    }
  } finally {
    if (close) await loader.close();
  }
  return seen;
}

/** Stops after each of `stops` batches, saves, and goes on in a new loader; returns everything that was seen. */
async function takeWithStops(make: Make, stops: readonly number[], total: number): Promise<string[]> {
  const seen: string[] = [];
  let state: unknown;
  for (const stop of [...stops, total - stops.reduce((sum, count) => sum + count, 0)]) {
    await using loader = make();
    if (state !== undefined) loader.resume(state);
    if (stop === 0) {
      state = json(loader.state());
      continue;
    }
    const iterator = loader[Symbol.asyncIterator]();
    let current = iterator;
    for (let i = 0; i < stop; ) {
      const { done, value } = await current.next();
      if (done) {
        current = loader[Symbol.asyncIterator]();
        continue;
      }
      seen.push(`${value.epoch}.${value.step}: ${value.data.join(" ")}`);
      i++;
    }
    state = json(loader.state());
    await current.return?.();
  }
  return seen;
}

describe("resuming a map-style loader", () => {
  const generator = () => new Generator(42);

  it.each([
    ["sequential", () => mapStyle()],
    ["shuffled by seed", () => mapStyle({ shuffle: true, seed: 3 })],
    ["shuffled by torch's generator", () => mapStyle({ shuffle: true, generator: generator() })],
    ["two workers", () => mapStyle({ shuffle: true, numWorkers: 2 })],
    [
      "two persistent workers and a generator",
      () => mapStyle({ shuffle: true, generator: generator(), numWorkers: 2, persistentWorkers: true }),
    ],
    ["the last batch dropped", () => mapStyle({ dropLast: true })],
  ] as [string, Make][])("gives the uninterrupted tail: %s", async (_name, make) => {
    const whole = await take(make(), 12);
    expect(await takeWithStops(make, [3], 12)).toEqual(whole);
    expect(await takeWithStops(make, [0], 12)).toEqual(whole);
  });

  // Each run with workers starts and ends threads several times over: fewer of those.
  it.each([
    ["in this thread", 0, 60, 20],
    ["with workers", 2, 4, 8],
  ])(
    "does so for any length, batch size and stops, also several in a row, %s",
    async (_name, most, numRuns, total) => {
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            length: fc.integer({ min: 1, max: 25 }),
            batchSize: fc.integer({ min: 1, max: 7 }),
            numWorkers: fc.integer({ min: Math.min(most, 1), max: most }),
            persistent: fc.boolean(),
            generated: fc.boolean(),
            stops: fc.array(fc.nat(Math.floor(total / 3)), { minLength: 1, maxLength: 3 }),
          }),
          async ({ length, batchSize, numWorkers, persistent, generated, stops }) => {
            const make: Make = () =>
              new DataLoader(numbers.slice(0, length), {
                batchSize,
                shuffle: true,
                numWorkers,
                persistentWorkers: persistent && numWorkers > 0,
                collate: identity as never,
                ...(generated && { generator: new Generator(length) }),
              });
            expect(await takeWithStops(make, stops, total)).toEqual(await take(make(), total));
          },
        ),
        { numRuns },
      );
    },
    120_000,
  );

  it("starts the next epoch from a state that was taken at an epoch's end", async () => {
    const loader = mapStyle({ shuffle: true });
    for await (const batch of loader) batch.release();
    const state = loader.state();
    expect(state).toMatchObject({ epoch: 1, step: 0 });
    const tail = await take(mapStyle({ shuffle: true }).resume(json(state)), 8);
    expect(tail).toEqual((await take(mapStyle({ shuffle: true }), 16)).slice(8));
  });

  it("goes on with another number of workers", async () => {
    const whole = await take(mapStyle({ shuffle: true }), 16);
    const first = mapStyle({ shuffle: true, numWorkers: 2 });
    expect(await take(first, 5, false)).toEqual(whole.slice(0, 5));
    const state = json(first.state());
    await first.close();
    expect(await take(mapStyle({ shuffle: true, numWorkers: 1 }).resume(state), 11)).toEqual(whole.slice(5));
    expect(await take(mapStyle({ shuffle: true }).resume(state), 11)).toEqual(whole.slice(5));
  });

  it("is what it was loaded with until an iteration begins", async () => {
    const loader = mapStyle({ shuffle: true });
    await take(loader, 3, false);
    const state = json(loader.state());
    expect(json(mapStyle({ shuffle: true }).resume(state).state())).toEqual(state);
  });

  it("is small", async () => {
    const loader = new DataLoader(
      Array.from({ length: 10_000 }, (_, i) => i),
      { batchSize: 4, shuffle: true },
    );
    for await (const { step } of loader) if (step === 700) break;
    expect(JSON.stringify(loader.state()).length).toBeLessThan(300);
  });

  it("refuses another dataset, order or epoch order, and says what differs", async () => {
    const state = json(mapStyle({ shuffle: true }).state());
    const refuse = (loader: Loader, difference: RegExp) => {
      let thrown: unknown;
      try {
        loader.resume(state);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({
        code: "STATE_MISMATCH",
        details: expect.arrayContaining([expect.stringMatching(difference)]),
      });
    };
    refuse(
      new DataLoader(numbers.slice(1), { batchSize: 4, shuffle: true }),
      /^dataset: was 30 samples, is 29 samples/,
    );
    refuse(
      mapStyle({ shuffle: true, batchSize: 5 }),
      /^order: was random, seed 0, batches of 4, is random, seed 0, batches of 5/,
    );
    refuse(mapStyle({ shuffle: true, seed: 1 }), /^order: was random, seed 0, .* is random, seed 1, /);
    refuse(
      new DataLoader(
        numbers.map((value) => value + 1),
        { batchSize: 4, shuffle: true },
      ),
      /^keys and samples: was [0-9a-f]{16}, is [0-9a-f]{16}$/,
    );
    expect(() => mapStyle().resume({ hello: 1 })).toThrow(/must come from loader\.state\(\)/);
  });
});

describe("resuming a stream", () => {
  it.each([
    ["that knows its state", () => sharded(23)],
    ["that does not", () => forgetful(23)],
    ["of plain numbers", () => unsharded(7)],
  ] as const)("%s gives the uninterrupted tail with 0 and 2 workers", async (_name, stream) => {
    for (const numWorkers of [0, 2]) {
      const make: Make = () =>
        new DataLoader<number, number[]>(stream(), { batchSize: 3, numWorkers, collate: identity as never });
      const total = numWorkers === 0 ? 13 : 9;
      const whole = await take(make(), total);
      for (const stops of numWorkers === 0 ? [[1], [4], [2, 3], [0, 5, 1]] : [[2, 3]]) {
        expect(await takeWithStops(make, stops, total)).toEqual(whole);
      }
    }
  });

  it("refuses another number of workers: its shards would be others", async () => {
    await using loader = new DataLoader(sharded(9), { numWorkers: 2 });
    for await (const batch of loader) {
      batch.release();
      break;
    }
    const state = loader.state();
    expect(() => new DataLoader(sharded(9), { numWorkers: 1 }).resume(state)).toThrow(
      "the state has 2 shards of a stream, but this loader makes 1",
    );
  });
});

describe("batchAt", () => {
  it("gives any batch of any epoch without those before it", async () => {
    const make = () => mapStyle({ shuffle: true, seed: 5 });
    const whole = await take(make(), 16);
    const { data, epoch, step } = await make().batchAt(1, 3);
    expect(`${epoch}.${step}: ${data.join(" ")}`).toBe(whole[11]);
    await expect(make().batchAt(0, 8)).rejects.toThrow(
      "epoch 0 has 8 batches, counted from 0; there is no 8",
    );
  });

  it("knows the epoch under way where torch's generator decides", async () => {
    const loader = mapStyle({ shuffle: true, generator: new Generator(1) });
    const seen = await take(loader, 3, false);
    expect(`0.1: ${(await loader.batchAt(0, 1)).data.join(" ")}`).toBe(seen[1]);
    await expect(loader.batchAt(4, 0)).rejects.toThrow("only the epoch under way has a known order");
    await loader.close();
  });
});

describe("batchOf", () => {
  it("makes a batch of samples of one's choice, as they are in an epoch", async () => {
    const dataset = transformed([10, 20, 30, 40], (value: number, { epoch, random }) => ({
      value: value + epoch,
      noise: random.uniform(),
    }));
    const loader = new DataLoader(dataset, { batchSize: 2, shuffle: true, seed: 3 });
    const batch = await loader.batchOf([3, 0], 5);
    expect(batch.indices).toEqual([3, 0]);
    expect([...(batch.data as { value: NdArray }).value.data]).toEqual([45, 15]);
    const noise = (of: typeof batch) => [...(of.data as { noise: NdArray }).noise.data];
    // The numbers of a sample do not depend on the batch that it stands in.
    expect(noise(await loader.batchOf([0], 5))).toEqual(noise(batch).slice(1));
    expect(noise(await loader.batchOf([0], 6))).not.toEqual(noise(batch).slice(1));
    await expect(loader.batchOf([4])).rejects.toThrow("an index must be a whole number from 0 to 3, was 4");
  });
});
