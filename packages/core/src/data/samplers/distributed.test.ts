import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BatchSampler } from "./batch.js";
import { DistributedSampler, type DistributedSamplerOptions } from "./distributed.js";

type Common = Omit<DistributedSamplerOptions, "rank">;
const replicas = (n: number, options: Common, epoch = 0) =>
  Array.from({ length: options.numReplicas }, (_, rank) => {
    const sampler = new DistributedSampler({ length: n }, { ...options, rank });
    const indices = [...sampler.indices(epoch)];
    expect(indices.length).toBe(sampler.length);
    return indices;
  });
const joined = (shares: number[][]) => shares.map((share) => share.join("")).join("|");

describe("DistributedSampler", () => {
  it("shares ten samples among four processes as torch does", () => {
    expect(joined(replicas(10, { numReplicas: 4 }))).toBe("436|192|704|581");
    expect(joined(replicas(10, { numReplicas: 4, dropLast: true }))).toBe("43|19|70|58");
    expect(joined(replicas(10, { numReplicas: 4, shuffle: false }))).toBe("048|159|260|371");
  });

  it("orders epoch 3 at seed 7 as torch does after set_epoch(3)", () => {
    expect(replicas(10, { numReplicas: 1, seed: 7 }, 3)).toEqual([[7, 4, 6, 1, 3, 5, 9, 8, 2, 0]]);
  });

  it("gives every process as many, together all samples, and repeats only the first to go round", () => {
    const cases = fc.record({
      n: fc.nat(60),
      numReplicas: fc.integer({ min: 1, max: 70 }),
      seed: fc.nat(1000),
      epoch: fc.nat(10),
      shuffle: fc.boolean(),
      dropLast: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ n, epoch, ...options }) => {
        const shares = replicas(n, options, epoch);
        const [order] = replicas(n, { ...options, numReplicas: 1, dropLast: false }, epoch);
        const rounds = options.dropLast
          ? Math.floor(n / options.numReplicas)
          : Math.ceil(n / options.numReplicas);
        for (const share of shares) expect(share.length).toBe(rounds);
        const dealt = Array.from({ length: rounds }, (_, turn) => shares.map((share) => share[turn])).flat();
        expect(dealt).toEqual(dealt.map((_, place) => order[place % n]));
        expect(new Set(dealt).size).toBe(Math.min(n, dealt.length));
      }),
    );
  });

  it("duplicates no data when the loader leaves out the last batch", () => {
    const scanned = Array.from({ length: 4 }, (_, rank) => {
      const sampler = new DistributedSampler({ length: 9 }, { numReplicas: 4, rank });
      return [...new BatchSampler(sampler, 2, true).indices(0)].flat();
    }).flat();
    expect(new Set(scanned).size).toBe(scanned.length);
  });

  it("follows a dataset that grows", () => {
    const samples = [0, 1, 2];
    const sampler = new DistributedSampler(samples, { numReplicas: 2, rank: 1, shuffle: false });
    samples.push(3, 4);
    expect([sampler.length, ...sampler.indices(0)]).toEqual([3, 1, 3, 0]);
  });

  it.each([3, -1, 0.5, Number.NaN, undefined])("refuses rank %s of 3", (rank) => {
    expect(() => new DistributedSampler([1], { numReplicas: 3, rank: rank as number })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: `rank must be from 0 to 2, was ${rank}` }),
    );
  });

  it.each([
    [{ numReplicas: 0 }, "numReplicas must be a positive whole number, was 0"],
    [{ shuffle: 1 }, "shuffle must be true or false, was 1"],
    [{ dropLast: "" }, 'dropLast must be true or false, was ""'],
    [{ seed: Number.NaN }, "seed must be a whole number, was NaN"],
  ])("refuses %j", (options, message) => {
    const all = { numReplicas: 1, rank: 0, ...options } as DistributedSamplerOptions;
    expect(() => new DistributedSampler([1], all)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message }),
    );
  });
});
