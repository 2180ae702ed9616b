/** A loader's `shard`: what each of several processes makes of the batches that they share. */
import { readFileSync } from "node:fs";
import {
  BatchSampler,
  BucketBatchSampler,
  DataLoader,
  type DataLoaderOptions,
  fromArray,
  MillraceError,
  RandomSampler,
  transformed,
  WeightedRandomSampler,
} from "@millrace/core";
import { describe, expect, it } from "vitest";
import { leavesNothing, range } from "./loaders.js";

interface Case {
  readonly length: number;
  readonly batchSize: number;
  readonly size: number;
  readonly shuffle: boolean;
  readonly epoch: number;
  readonly ranks: readonly (readonly (readonly number[])[])[];
}

const cases = JSON.parse(
  readFileSync(new URL("fixtures/distributed.json", import.meta.url), "utf8"),
) as readonly Case[];

async function indicesOf(loader: DataLoader, epoch: number): Promise<(readonly number[])[]> {
  const batches: (readonly number[])[] = [];
  for await (const batch of loader.batches(epoch)) {
    batches.push(batch.indices);
    batch.release();
  }
  await loader.close();
  return batches;
}

const loaderOf = (length: number, options: DataLoaderOptions) => new DataLoader(range(length), options);

/** The batches of all ranks put together again. */
function dealt(shares: readonly (readonly (readonly number[])[])[]): number[][] {
  return shares[0].map((_, step) => {
    const rows = shares.map((share) => share[step]);
    const total = rows.reduce((sum, { length }) => sum + length, 0);
    return range(total).map((i) => rows[i % rows.length][Math.floor(i / rows.length)]);
  });
}

describe("a share of each batch", () => {
  leavesNothing();

  it.each(cases)(
    "is torch's DistributedSampler's: $length samples, $batchSize for $size, epoch $epoch",
    async ({ length, batchSize, size, shuffle, epoch, ranks }) => {
      for (const [rank, expected] of ranks.entries()) {
        const own = await indicesOf(
          loaderOf(length, { batchSize, shuffle, seed: 7, shard: { rank, size } }),
          epoch,
        );
        expect(own).toHaveLength(expected.length);
        // torch fills the last batch up with samples that were there before; here no sample comes twice.
        const whole = length % size === 0 ? expected.length : expected.length - 1;
        expect(own.slice(0, whole)).toEqual(expected.slice(0, whole));
      }
    },
  );

  const lengths = range(50).map((i) => 1 + ((7 * i) % 11));
  it.each<[string, (options: { seed: number }) => DataLoaderOptions]>([
    ["in order", () => ({ batchSize: 8 })],
    ["at random", () => ({ batchSize: 8, shuffle: true })],
    ["at random, without the last", () => ({ batchSize: 8, shuffle: true, dropLast: true })],
    ["by weight", () => ({ batchSize: 8, sampler: new WeightedRandomSampler(lengths, 40) })],
    ["given", () => ({ batchSize: 5, sampler: range(13).toReversed() })],
    [
      "in batches of unlike lengths",
      ({ seed }) => ({ batchSampler: new BucketBatchSampler(lengths, { batchSize: 7, seed }) }),
    ],
    ["in few batches", () => ({ batchSampler: [[3], [1, 2], range(9)] })],
    ["by torch's batch sampler", () => ({ batchSampler: new BatchSampler(new RandomSampler(range(50)), 6) })],
  ])("is every sample of one process's batches once: %s", async (_, make) => {
    const options = make({ seed: 3 });
    const whole = loaderOf(50, { ...options, seed: 3 });
    const all = await indicesOf(whole, 1);
    for (const size of [1, 2, 3, 4]) {
      const loaders = range(size).map((rank) => loaderOf(50, { ...options, seed: 3, shard: { rank, size } }));
      expect(loaders.map(({ length }) => length)).toEqual(loaders.map(() => whole.length));
      const shares = await Promise.all(loaders.map((loader) => indicesOf(loader, 1)));
      expect(dealt(shares)).toEqual(all);
    }
  });

  it.each([0, 2])("may be empty, and then says so, with %d workers", async (numWorkers) => {
    const loader = loaderOf(9, { batchSize: 4, numWorkers, shard: { rank: 1, size: 4 } });
    const told: unknown[] = [];
    for await (const { indices, empty, data } of loader) told.push([indices, empty ?? false, data]);
    await loader.close();
    expect(told.map((each) => (each as unknown[]).slice(0, 2))).toEqual([
      [[1], false],
      [[5], false],
      [[], true],
    ]);
    expect(told[2]).toEqual([[], true, {}]);
  });

  it("keeps the step of a batch whose samples are all bad, where one process leaves it out", async () => {
    const dataset = {
      length: 8,
      get: (index: number) => {
        if (index % 4 === 1) throw new MillraceError("SAMPLE_FAILED", "bad");
        return index;
      },
    };
    const options = { batchSize: 4, onError: "skip", maxRatio: 1, onBadSample: () => {} } as const;
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const loader = new DataLoader(dataset, { ...options, logger, shard: { rank: 1, size: 4 } });
    const steps: unknown[] = [];
    await expect(
      (async () => {
        for await (const { step, empty, bad } of loader) steps.push([step, empty, bad?.length]);
      })(),
    ).rejects.toThrow("bad");
    expect(steps).toEqual([
      [0, true, 1],
      [1, true, 1],
    ]);
    const other = new DataLoader(dataset, { ...options, logger, shard: { rank: 1, size: 2 } });
    for await (const { step, empty, indices } of other) steps.push([step, empty ?? false, indices]);
    expect(steps.slice(-2)).toEqual([
      [0, false, [3]],
      [1, false, [7]],
    ]);
  });

  it("does not change what is drawn for a sample", async () => {
    const dataset = transformed(fromArray(range(24)), [
      (sample: number, { random }: { random: { uniform(): number } }) => sample + random.uniform(),
    ] as never);
    const valuesOf = async (options: DataLoaderOptions) => {
      const values = new Map<number, number>();
      const loader = new DataLoader(dataset, { batchSize: 6, shuffle: true, seed: 5, ...options });
      for await (const { indices, data } of loader.batches(2)) {
        const { data: numbers = [] } = data as { data?: ArrayLike<number> };
        for (const [i, index] of indices.entries()) values.set(index, numbers[i]);
      }
      await loader.close();
      return values;
    };
    const alone = await valuesOf({});
    const shares = await Promise.all(range(4).map((rank) => valuesOf({ shard: { rank, size: 4 } })));
    expect(new Map(shares.flatMap((share) => [...share]).sort(([a], [b]) => a - b))).toEqual(
      new Map([...alone].sort(([a], [b]) => a - b)),
    );
  });

  it("can be taken up by another number of processes where one left off", async () => {
    const options = { batchSize: 8, shuffle: true, seed: 4 };
    const whole = await indicesOf(loaderOf(50, options), 0);
    const first = loaderOf(50, { ...options, shard: { rank: 1, size: 2 } });
    let seen = 0;
    for await (const batch of first) {
      batch.release();
      if (++seen === 3) break;
    }
    const state = JSON.parse(JSON.stringify(first.state())) as unknown;
    for (const size of [1, 4]) {
      const loaders = range(size).map((rank) =>
        loaderOf(50, { ...options, shard: { rank, size } }).resume(state),
      );
      const shares = await Promise.all(loaders.map((loader) => indicesOf(loader, 0)));
      expect(dealt(shares)).toEqual(whole.slice(3));
    }
  });

  it.each<[DataLoaderOptions, string]>([
    [
      { batchSize: 3, shard: { rank: 0, size: 4 } },
      "batchSize must be at least the number of processes that share a batch, 4, was 3",
    ],
    [{ shard: { rank: 0, size: 2 } }, "was 1"],
    [
      { batchSize: null, shard: { rank: 0, size: 2 } },
      "shard divides batches, but batchSize: null turns batching off",
    ],
    [{ batchSize: 8, shard: { rank: 2, size: 2 } }, "shard must be a rank below a size"],
  ])("is refused where it cannot be: %j", (options, message) => {
    expect(() => loaderOf(10, options)).toThrow(message);
  });
});
