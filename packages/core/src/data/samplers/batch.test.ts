import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Generator } from "../generator.js";
import { BatchSampler } from "./batch.js";
import { RandomSampler } from "./random.js";
import { SequentialSampler } from "./sequential.js";

const invalid = (text: string) =>
  expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(text) });
const ten = new SequentialSampler({ length: 10 });

describe("BatchSampler", () => {
  it("cuts uneven batches, and leaves the last one out if told", () => {
    const uneven = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]];
    expect([...new BatchSampler(ten, 3, false).indices(0)]).toEqual(uneven);
    expect([...new BatchSampler(ten, 3, true).indices(0)]).toEqual(uneven.slice(0, 3));
  });

  it("has every index in order, and as many batches as its length says", () => {
    const sizes = fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 30 }), fc.boolean());
    fc.assert(
      fc.property(sizes, ([n, batchSize, dropLast]) => {
        const batches = [
          ...new BatchSampler(new SequentialSampler({ length: n }), batchSize, dropLast).indices(0),
        ];
        const kept = dropLast ? n - (n % batchSize) : n;
        expect(batches.flat()).toEqual(Array.from({ length: kept }, (_, i) => i));
        expect(new BatchSampler(Array(n).fill(0), batchSize, dropLast).length).toBe(batches.length);
        for (const batch of batches.slice(0, -1)) expect(batch.length).toBe(batchSize);
      }),
    );
  });

  it.each([
    ["an array", [4, 2, 9]],
    ["a typed array", Int32Array.of(4, 2, 9)],
    ["a set", new Set([4, 2, 9])],
    ["a map's keys, again for each epoch", { length: 3, [Symbol.iterator]: () => [4, 2, 9].values() }],
  ])("takes %s", (_what, indices) => {
    const sampler = new BatchSampler(indices, 2, false);
    expect([...sampler.indices(0)]).toEqual([[4, 2], [9]]);
    expect([...sampler.indices(1)]).toEqual([[4, 2], [9]]);
    expect(sampler.length).toBe(2);
  });

  it("passes the epoch on, and shows the generator underneath", () => {
    const random = new RandomSampler({ length: 10 }, { seed: 39 });
    expect([...new BatchSampler(random, 5, false).indices(3)].flat().join("")).toBe("2618450937");
    const generator = new Generator(1);
    expect(new BatchSampler(new RandomSampler({ length: 3 }, { generator }), 2).generator).toBe(generator);
    expect(new BatchSampler([1], 2).generator).toBeUndefined();
  });

  it("is read to its end, as torch's is, so that the sampler underneath draws what it draws in torch", () => {
    const generator = new Generator(42);
    const sampler = new BatchSampler(new RandomSampler({ length: 10 }, { generator }), 5, true);
    expect([...sampler.indices(0)].flat().join("")).toBe("2618450937");
    expect([...sampler.indices(0)].flat().join("")).toBe("7503169842");
  });

  it("refuses what torch refuses", () => {
    const wrong = (batchSize: unknown, dropLast: unknown, text: string) =>
      expect(() => new BatchSampler(ten, batchSize as number, dropLast as boolean)).toThrow(invalid(text));
    wrong(0, false, "batchSize must be a positive whole number, was 0");
    wrong(-1, false, "was -1");
    wrong(1.5, false, "was 1.5");
    wrong(true, false, "was true");
    wrong("3", false, 'was "3"');
    wrong(3, 1, "dropLast must be true or false, was 1");
    wrong(3, null, "was null");
  });

  it("refuses what cannot be read again in the next epoch", () => {
    expect(() => new BatchSampler([1, 2].values(), 2)).toThrow(invalid("read only once"));
    expect(() => new BatchSampler(7 as unknown as number[], 2)).toThrow(invalid("was 7"));
  });

  it("has no length when nobody says how many indices there are", () => {
    const endless = { [Symbol.iterator]: () => [1, 2, 3].values() };
    const sampler = new BatchSampler(endless, 2);
    expect([...sampler.indices(0)]).toEqual([[1, 2], [3]]);
    expect(() => sampler.length).toThrow(invalid("has neither"));
  });
});
