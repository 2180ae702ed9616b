import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MixtureSampler } from "./mixture.js";

const sources = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2];

describe("MixtureSampler", () => {
  it("gives each source its share of every epoch", () => {
    const sampler = new MixtureSampler(sources, [1, 2, 1], { numSamples: 20, seed: 4 });
    expect(sampler.shares).toEqual([5, 10, 5]);
    for (const epoch of [0, 1, 7]) {
      const counts = [0, 0, 0];
      for (const index of sampler.indices(epoch)) counts[sources[index]]++;
      expect(counts).toEqual([5, 10, 5]);
    }
  });

  it("interleaves evenly and in order without shuffling, and goes on in the next epoch", () => {
    const sampler = new MixtureSampler(sources, [1, 1, 1], { numSamples: 6, shuffle: false });
    expect([...sampler.indices(0)]).toEqual([0, 8, 10, 1, 9, 11]);
    expect([...sampler.indices(1)]).toEqual([2, 8, 12, 3, 9, 13]);
  });

  it("is a function of the epoch, and differs between epochs and seeds", () => {
    const sampler = new MixtureSampler(sources, [1, 1, 1], { seed: 1 });
    const [first, second] = [0, 1].map((epoch) => [...sampler.indices(epoch)]);
    expect([...new MixtureSampler(sources, [1, 1, 1], { seed: 1 }).indices(0)]).toEqual(first);
    expect(second).not.toEqual(first);
    expect([...new MixtureSampler(sources, [1, 1, 1], { seed: 2 }).indices(0)]).not.toEqual(first);
  });

  it("takes all samples of a source before one comes again, over any epochs", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 30 }), fc.boolean(), (lengths, numSamples, shuffle) => {
        const of = lengths.flatMap((length, source) => Array<number>(length).fill(source));
        const weights = lengths.map((_, source) => source + 1);
        const sampler = new MixtureSampler(of, weights, { numSamples, shuffle, seed: 9 });
        expect(sampler.length).toBe(numSamples);
        const drawn = [0, 1, 2, 3].flatMap((epoch) => [...sampler.indices(epoch)]);
        lengths.forEach((length, source) => {
          const own = drawn.filter((index) => of[index] === source);
          const counts = new Map<number, number>();
          for (const index of own) counts.set(index, (counts.get(index) ?? 0) + 1);
          const least = own.length < length ? 0 : Math.min(...counts.values());
          expect(Math.max(0, ...counts.values()) - least).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  it("refuses weights that are none, and a source without samples", () => {
    expect(() => new MixtureSampler(sources, [1, 0, 1])).toThrow(
      "weights must be numbers above 0, was 0 at 1",
    );
    expect(() => new MixtureSampler(sources, [1, 1, 1, 1])).toThrow("source 3 has none");
  });
});
