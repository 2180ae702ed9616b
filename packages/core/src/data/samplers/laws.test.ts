/** What every sampler owes: an order that is a function of (seed, epoch), and as many items as its length says. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sampler } from "../../contracts/sampler.js";
import { BatchSampler } from "./batch.js";
import { BlockShuffleSampler } from "./block-shuffle.js";
import { BucketBatchSampler } from "./bucket-batch.js";
import { DistributedSampler } from "./distributed.js";
import { PerSourceBatchSampler } from "./per-source-batch.js";
import { RandomSampler } from "./random.js";
import { SequentialSampler } from "./sequential.js";
import { StratifiedBatchSampler } from "./stratified-batch.js";
import { SubsetRandomSampler } from "./subset-random.js";
import { TokenBudgetBatchSampler } from "./token-budget-batch.js";
import { WeightedRandomSampler } from "./weighted-random.js";

type AnySampler = Sampler<number | readonly number[]>;

interface Case {
  readonly make: (values: readonly number[], size: number, seed: number) => AnySampler;
  /** Whether an epoch holds every index exactly once. */
  readonly permutation?: boolean;
  /** Whether the order differs from epoch to epoch, where there is more than one. */
  readonly random?: boolean;
}

/** `values` are whole numbers from 0 to 50, at least one: lengths, labels or weights, whichever the sampler wants. */
const cases: Record<string, Case> = {
  SequentialSampler: { make: (values) => new SequentialSampler(values), permutation: true },
  RandomSampler: {
    make: (values, _size, seed) => new RandomSampler(values, { seed }),
    permutation: true,
    random: true,
  },
  "RandomSampler with replacement": {
    make: (values, size, seed) =>
      new RandomSampler(values, { seed, replacement: true, numSamples: 40 + size }),
    random: true,
  },
  "RandomSampler with numSamples": {
    make: (values, size, seed) => new RandomSampler(values, { seed, numSamples: 3 * size }),
    random: true,
  },
  SubsetRandomSampler: {
    make: (values, _size, seed) => new SubsetRandomSampler([...values.keys()], { seed }),
    permutation: true,
    random: true,
  },
  WeightedRandomSampler: {
    make: (values, size, seed) =>
      new WeightedRandomSampler(
        values.map((value) => value + 1),
        size,
        { seed },
      ),
    random: true,
  },
  "WeightedRandomSampler without replacement": {
    make: (values, _size, seed) =>
      new WeightedRandomSampler(
        values.map((value) => value + 1),
        values.length,
        { seed, replacement: false },
      ),
    permutation: true,
    random: true,
  },
  "DistributedSampler, rank 1 of 3": {
    make: (values, _size, seed) => new DistributedSampler(values, { numReplicas: 3, rank: 1, seed }),
    random: true,
  },
  BatchSampler: {
    make: (values, size, seed) => new BatchSampler(new RandomSampler(values, { seed }), size),
    permutation: true,
    random: true,
  },
  "BatchSampler with dropLast": {
    make: (values, size, seed) => new BatchSampler(new RandomSampler(values, { seed }), size, true),
    random: true,
  },
  BlockShuffleSampler: {
    make: (values, size, seed) => new BlockShuffleSampler(values, { blockSize: size, bufferBlocks: 3, seed }),
    permutation: true,
    random: true,
  },
  "BlockShuffleSampler of a part": {
    make: (values, size, seed) => {
      // Every third sample of a source, from its end to its beginning.
      const origin = (index: number) => 3 * (values.length - index);
      return new BlockShuffleSampler({ length: values.length, origin }, { blockSize: size, seed });
    },
    permutation: true,
    random: true,
  },
  BucketBatchSampler: {
    make: (values, size, seed) => new BucketBatchSampler(values, { batchSize: size, numBuckets: 3, seed }),
    permutation: true,
    random: true,
  },
  "BucketBatchSampler with dropLast": {
    make: (values, batchSize, seed) => new BucketBatchSampler(values, { batchSize, seed, dropLast: true }),
    random: true,
  },
  "BucketBatchSampler in order": {
    make: (values, size) => new BucketBatchSampler(values, { batchSize: size, shuffle: false }),
    permutation: true,
  },
  TokenBudgetBatchSampler: {
    make: (values, size, seed) =>
      new TokenBudgetBatchSampler(values, { maxTokens: 60, maxBatchSize: size, seed }),
    permutation: true,
    random: true,
  },
  "TokenBudgetBatchSampler that skips": {
    make: (values, _size, seed) =>
      new TokenBudgetBatchSampler(values, { maxTokens: 20, seed, oversize: "skip", padded: false }),
    random: true,
  },
  "TokenBudgetBatchSampler in order": {
    make: (values) =>
      new TokenBudgetBatchSampler(values, { maxTokens: 20, shuffle: false, oversize: "alone" }),
    permutation: true,
  },
  StratifiedBatchSampler: {
    make: (values, size, seed) => new StratifiedBatchSampler(values, { batchSize: size, seed }),
    permutation: true,
    random: true,
  },
  "StratifiedBatchSampler with dropLast": {
    make: (values, batchSize, seed) =>
      new StratifiedBatchSampler(values, { batchSize, seed, dropLast: true }),
    random: true,
  },
  PerSourceBatchSampler: {
    make: (values, size, seed) => new PerSourceBatchSampler(values, { batchSize: size, seed }),
    permutation: true,
    random: true,
  },
  "PerSourceBatchSampler with dropLast": {
    make: (values, batchSize, seed) => new PerSourceBatchSampler(values, { batchSize, seed, dropLast: true }),
    random: true,
  },
};

const inputs = fc.record({
  values: fc.array(fc.nat(50), { minLength: 1, maxLength: 80 }),
  size: fc.integer({ min: 1, max: 20 }),
  seed: fc.nat(1_000_000),
});
const settings = { numRuns: 40 };

describe.each(Object.entries(cases))("%s", (_name, { make, permutation, random }) => {
  it("begins anywhere in its order, where it can", () => {
    fc.assert(
      fc.property(inputs, fc.nat(5), fc.nat(100), ({ values, size, seed }, epoch, from) => {
        const sampler = make(values, size, seed);
        const order = [...sampler.indices(epoch)];
        expect([...(sampler.indicesFrom?.(epoch, from) ?? order.slice(from))]).toEqual(order.slice(from));
      }),
      settings,
    );
  });

  it("says the same of itself only where the order is the same", () => {
    fc.assert(
      fc.property(inputs, fc.nat(3), inputs, ({ values, size, seed }, kind, other) => {
        const [one, two] = [
          make(values, size, seed),
          make(
            kind === 0 ? other.values : values,
            kind === 1 ? other.size : size,
            kind === 2 ? other.seed : seed,
          ),
        ];
        expect(one.description).toEqual(expect.any(String));
        if (one.description !== two.description || one.length !== two.length) return;
        // Of a dataset only the length counts, which a state compares by itself.
        if (kind === 0 && values.length !== other.values.length) return;
        expect([...two.indices(2)]).toEqual([...one.indices(2)]);
      }),
      settings,
    );
  });

  it("yields as many items as its length says in every epoch, of indices that exist", () => {
    fc.assert(
      fc.property(inputs, fc.nat(1000), ({ values, size, seed }, epoch) => {
        const sampler = make(values, size, seed);
        const items = [...sampler.indices(epoch)];
        expect(items.length).toBe(sampler.length);
        for (const index of items.flat()) expect(values[index]).toBeDefined();
        const sorted = items.flat().sort((a, b) => a - b);
        expect(permutation === true ? sorted : []).toEqual(permutation === true ? [...values.keys()] : []);
        expect(sorted.length > 0).toBe(sampler.length > 0);
      }),
      settings,
    );
  });

  it("has the same order for the same seed and epoch, whatever was asked before or runs beside it", () => {
    fc.assert(
      fc.property(inputs, fc.array(fc.nat(20), { maxLength: 4 }), ({ values, size, seed }, asked) => {
        const expected = [0, 1].map((epoch) => [...make(values, size, seed).indices(epoch)]);
        const sampler = make(values, size, seed);
        for (const epoch of asked) sampler.indices(epoch)[Symbol.iterator]().next();
        const [first, second] = [0, 1].map((epoch) => sampler.indices(epoch)[Symbol.iterator]());
        const interleaved = expected[0].map(() => [first.next().value, second.next().value]);
        expect(interleaved.map(([item]) => item)).toEqual(expected[0]);
        expect(interleaved.map(([, item]) => item)).toEqual(expected[1]);
      }),
      settings,
    );
  });

  if (random !== true) return;

  it("has another order in another epoch, and with another seed", () => {
    const values = Array.from({ length: 60 }, (_, i) => (i * 7) % 12);
    const orders = new Set(
      [0, 1, 2].flatMap((epoch) =>
        [0, 100].map((seed) => JSON.stringify([...make(values, 4, seed).indices(epoch)])),
      ),
    );
    expect(orders.size).toBe(6);
  });
});
