import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Generator, randperm } from "../generator.js";
import { BucketBatchSampler, type BucketBatchSamplerOptions } from "./bucket-batch.js";

/** 1000 samples of lengths 1 … 1000, in random order of index. */
const lengths = randperm(1000, new Generator(1)).map((length) => length + 1);
const spread = (batch: readonly number[]) => {
  const own = batch.map((index) => lengths[index]);
  return Math.max(...own) - Math.min(...own);
};

describe("BucketBatchSampler", () => {
  it("makes batches whose lengths differ by no more than two buckets", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 64, max: 300 }),
        (batchSize, bucketSize) => {
          const batches = [...new BucketBatchSampler(lengths, { batchSize, bucketSize }).indices(1)];
          for (const batch of batches) expect(spread(batch)).toBeLessThan(2 * bucketSize);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("pads a fraction of what random batches pad", () => {
    const batches = [...new BucketBatchSampler(lengths, { batchSize: 10 }).indices(0)];
    const mean = batches.reduce((sum, batch) => sum + spread(batch), 0) / batches.length;
    expect(mean).toBeLessThan(110);
  });

  it("makes other batches in another epoch, not only in another order", () => {
    const sampler = new BucketBatchSampler(lengths, { batchSize: 10 });
    const sets = (epoch: number) =>
      [...sampler.indices(epoch)].map((batch) => [...batch].sort((a, b) => a - b).join(" "));
    const first = new Set(sets(0));
    expect(sets(1).filter((batch) => first.has(batch))).toEqual([]);
  });

  it("puts the smaller batch last", () => {
    const batches = [...new BucketBatchSampler(lengths, { batchSize: 300, numBuckets: 2 }).indices(0)];
    expect(batches.map((batch) => batch.length)).toEqual([300, 300, 300, 100]);
  });

  it("leaves out samples of any length with dropLast, others in each epoch", () => {
    const sampler = new BucketBatchSampler(lengths, { batchSize: 300, bucketSize: 100, dropLast: true });
    const left = [0, 1].map((epoch) => {
      const kept = new Set([...sampler.indices(epoch)].flat());
      return [...lengths.keys()].filter((index) => !kept.has(index));
    });
    expect(left.map((indices) => indices.length)).toEqual([100, 100]);
    expect(left[0]).not.toEqual(left[1]);
    expect(Math.min(...left[0].map((index) => lengths[index]))).toBeLessThan(200);
  });

  it("goes from short to long without shuffling", () => {
    const sampler = new BucketBatchSampler([3, 1, 2, 1], { batchSize: 3, shuffle: false });
    expect([...sampler.indices(5)]).toEqual([[1, 3, 2], [0]]);
  });

  it("has no batches for no samples", () => {
    const sampler = new BucketBatchSampler([], { batchSize: 3, numBuckets: 2 });
    expect([sampler.length, ...sampler.indices(0)]).toEqual([0]);
  });

  it.each([
    [{ batchSize: 0 }, "batchSize must be a positive whole number, was 0"],
    [{ batchSize: 2, bucketSize: 0 }, "bucketSize must be a positive whole number, was 0"],
    [{ batchSize: 2, numBuckets: -1 }, "numBuckets must be a positive whole number, was -1"],
    [{ batchSize: 2, bucketSize: 4, numBuckets: 2 }, "not both, was 4 and 2"],
    [{ batchSize: 2, shuffle: "yes" }, 'shuffle must be true or false, was "yes"'],
    [{ batchSize: 2, seed: 1.5 }, "seed must be a whole number, was 1.5"],
  ])("refuses %j", (options, message) => {
    expect(() => new BucketBatchSampler([1, 2], options as BucketBatchSamplerOptions)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it.each([
    [[1, -1], "was -1 at 1"],
    [[Number.NaN], "was NaN at 0"],
    [["7"], 'was "7" at 0'],
    [[Infinity], "was Infinity"],
  ])("refuses the lengths %j", (wrong, message) => {
    expect(() => new BucketBatchSampler(wrong as number[], { batchSize: 1 })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(message) }),
    );
  });
});
