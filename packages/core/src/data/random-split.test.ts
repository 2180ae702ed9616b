/** All ways to divide a dataset; names in comments are those of PyTorch's own tests. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Dataset } from "../contracts/dataset.js";
import { fromArray } from "./datasets/array.js";
import type { Subset } from "./datasets/subset.js";
import { Generator } from "./generator.js";
import { groupSplit } from "./group-split.js";
import { hashKey, hashSplit } from "./hash-split.js";
import { randomSplit } from "./random-split.js";
import { stratifiedSplit } from "./stratified-split.js";

const range = (length: number) => Array.from({ length }, (_, i) => i);
const indicesOf = (parts: readonly Subset[]) => parts.map(({ indices }) => Array.from(indices));
const sizesOf = (parts: readonly Subset[]) => parts.map(({ length }) => length);
const fault = (message: RegExp | string, code = "SPLIT_INVALID") =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string });

/** A dataset that knows a column and keys. */
function labelled(
  labels: readonly (number | string)[],
  keys: readonly string[] = labels.map(String),
): Dataset<number> {
  return {
    length: labels.length,
    get: (index) => index,
    key: (index) => keys[index],
    column: (name) => (name === "label" ? labels : undefined),
  };
}

/** Codes of the warnings of a test; kept off the terminal. */
const warned: unknown[] = [];
beforeEach(() => {
  warned.length = 0;
  vi.spyOn(process, "emitWarning").mockImplementation((...[, options]: unknown[]) => {
    warned.push((options as { code: string }).code);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Fractions that add up to 1. */
const fractions = fc
  .array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 })
  .map((shares) => shares.map((share) => share / shares.reduce((sum, other) => sum + other, 0)));

describe("randomSplit", () => {
  // test_splits_reproducibility
  it("divides as torch.random_split does at seed 1", () => {
    const golden = [
      [5, 6, 1],
      [2, 0, 8, 9, 3, 7, 4],
    ];
    expect(indicesOf(randomSplit(range(10), [3, 7], { seed: 1 }))).toEqual(golden);
    expect(indicesOf(randomSplit(range(10), [3, 7], { generator: new Generator(1) }))).toEqual(golden);
    expect(indicesOf(randomSplit(range(10), [0.3, 0.7], { seed: 1n }))).toEqual(golden);
  });

  // test_splits_generator
  it("moves the generator that it is given on, and no other", () => {
    const [generator, other] = [new Generator(42), new Generator(42)];
    const first = indicesOf(randomSplit(range(10), [5, 5], { generator }));
    randomSplit(range(10), [5, 5], { seed: 42 });
    expect(other.random32()).toBe(new Generator(42).random32());
    expect(indicesOf(randomSplit(range(10), [5, 5], { generator }))).not.toEqual(first);
    expect(indicesOf(randomSplit(range(10), [5, 5]))).toEqual(
      indicesOf(randomSplit(range(10), [5, 5], { seed: 0 })),
    );
  });

  // test_splits_have_correct_size
  it.each([
    [106, [0.1, 0.2, 0.3, 0.4], [11, 22, 31, 42]],
    [3, [0.5, 0.5], [2, 1]],
    [6, [2, 4], [2, 4]],
    [10, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], Array<number>(10).fill(1)],
    [1, [1], [1]],
    [4, [1, 0], [4, 0]],
    [0, [0.5, 0.5], [0, 0]],
  ])("divides %i samples by %j into parts of %j", (length, lengths, sizes) => {
    expect(sizesOf(randomSplit(range(length), lengths))).toEqual(sizes);
  });

  // test_lengths_must_equal_dataset_size, test_incomplete_fractional_splits
  it.each([
    [[1, 2]],
    [[3, 3]],
    [[0.1]],
    [[1.1]],
    [[0.3, 0.3]],
    [[-1, 5]],
    [[2.5, 1.5]],
    [[Number.NaN]],
    [[]],
  ])("refuses the lengths %j for four samples", (lengths) => {
    expect(() => randomSplit(range(4), lengths)).toThrow(
      fault(/add up to 4, or fractions that add up to 1; were/),
    );
  });

  it("refuses fractions that are no shares, although they add up", () => {
    expect(() => randomSplit(range(4), [1.5, -0.5])).toThrow(fault("fraction 0 is 1.5"));
  });

  it("refuses a stream", () => {
    expect(() => randomSplit(new Set([1]) as never, [1])).toThrow(fault("was a stream", "OPTION_INVALID"));
  });

  it("warns of an empty part", () => {
    randomSplit(range(2), [1, 1]);
    expect(warned).toEqual([]);
    randomSplit(range(1), [0.5, 0.5]);
    expect(warned).toEqual(["SPLIT_EMPTY"]);
  });

  // test_splits_are_mutually_exclusive, test_splits_indexing_type
  it("puts each sample into exactly one part", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 200 }), fractions, fc.nat(), (length, shares, seed) => {
        const parts = randomSplit(fromArray(range(length)), shares, { seed });
        const samples = parts.flatMap((part) =>
          range(part.length).map((i) => part.get(i, { epoch: 0 }) as number),
        );
        expect(samples.sort((a, b) => a - b)).toEqual(range(length));
        for (const [i, part] of parts.entries())
          expect(Math.abs(part.length - length * shares[i])).toBeLessThan(2);
      }),
    );
  });

  it("keeps its indices in shared memory, for workers to read without a copy", () => {
    const [part] = randomSplit(range(4), [1]);
    expect((part.indices as Int32Array).buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

const labels = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 120 });

describe("stratifiedSplit", () => {
  it("gives each part each class in proportion, rounded up or down, and keeps to the fractions as a whole", () => {
    fc.assert(
      fc.property(labels, fractions, fc.nat(), (values, shares, seed) => {
        const parts = indicesOf(stratifiedSplit(labelled(values), shares, { by: values, seed }));
        expect(parts.flat().sort((a, b) => a - b)).toEqual(range(values.length));
        parts.forEach((part, p) => {
          expect(Math.abs(part.length - values.length * shares[p])).toBeLessThan(shares.length);
          for (const value of new Set(values)) {
            const whole = values.filter((other) => other === value).length;
            const own = part.filter((index) => values[index] === value).length;
            expect(Math.abs(own - whole * shares[p])).toBeLessThan(1 + 1e-6);
          }
        });
      }),
    );
  });

  it("leaves no part empty where every sample is a class of its own", () => {
    const parts = stratifiedSplit(labelled(range(100)), [0.8, 0.1, 0.1], { by: "label", seed: 3 });
    expect(sizesOf(parts)).toEqual([80, 10, 10]);
  });

  it("mixes classes within a part, differently for each seed and the same for one", () => {
    const by = range(100).map((i) => (i < 50 ? "a" : "b"));
    const [part] = indicesOf(stratifiedSplit(range(100), [0.8, 0.2], { by, seed: 1 }));
    expect(part.filter((index, i) => i > 0 && by[index] !== by[part[i - 1]]).length).toBeGreaterThan(20);
    expect(indicesOf(stratifiedSplit(range(100), [0.8, 0.2], { by, seed: 1 }))[0]).toEqual(part);
    expect(indicesOf(stratifiedSplit(range(100), [0.8, 0.2], { by, seed: 2 }))[0]).not.toEqual(part);
  });

  it.each([
    ["an unknown column", () => stratifiedSplit(labelled([1, 2]), [1], { by: "class" }), 'was "class"'],
    ["too few values", () => stratifiedSplit(range(3), [1], { by: [1, 2] }), "3 samples, 2 values"],
    [
      "fractions below 1",
      () => stratifiedSplit(range(3), [0.5, 0.3], { by: [1, 2, 3] }),
      "0.5, 0.3 add up to 0.8",
    ],
    ["counts", () => stratifiedSplit(range(3), [1, 2], { by: [1, 2, 3] }), "fraction 1 is 2"],
  ])("refuses %s", (_, split, message) => {
    expect(split).toThrow(fault(message));
  });
});

describe("groupSplit", () => {
  it("never divides a group, and misses a share by no more than the largest", () => {
    fc.assert(
      fc.property(labels, fractions, fc.nat(), (values, shares, seed) => {
        const parts = indicesOf(groupSplit(labelled(values), shares, { by: "label", seed }));
        expect(parts.flat().sort((a, b) => a - b)).toEqual(range(values.length));
        const groups = parts.map((part) => new Set(part.map((index) => values[index])));
        expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(new Set(values).size);
        const largest = Math.max(...values.map((value) => values.filter((other) => other === value).length));
        parts.forEach((part, p) =>
          expect(part.length - values.length * shares[p]).toBeLessThanOrEqual(largest),
        );
      }),
    );
  });

  it("meets fractions exactly where groups allow it", () => {
    const by = range(1000).map((i) => `patient ${i % 50}`);
    expect(sizesOf(groupSplit(range(1000), [0.8, 0.1, 0.1], { by }))).toEqual([800, 100, 100]);
  });

  it("depends on the seed, and only on it", () => {
    const by = range(60).map((i) => i % 20);
    const parts = (seed: number) => indicesOf(groupSplit(range(60), [0.5, 0.5], { by, seed }));
    expect(parts(1)).toEqual(parts(1));
    expect(parts(1)).not.toEqual(parts(2));
  });

  it("warns of a part that no group is left for", () => {
    groupSplit(range(4), [0.5, 0.5], { by: [1, 1, 1, 1] });
    expect(warned).toEqual(["SPLIT_EMPTY"]);
  });
});

describe("hashSplit", () => {
  it("moves no sample when others are added, removed or reordered", () => {
    const keys = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(keys, fractions, fc.nat(79), fc.string(), (all, shares, known, salt) => {
        const partOf = (samples: readonly string[]) => {
          const parts = indicesOf(
            hashSplit(labelled(samples), shares, { by: (index) => samples[index], salt }),
          );
          expect(parts.flat().sort((a, b) => a - b)).toEqual(range(samples.length));
          return new Map(parts.flatMap((part, p) => part.map((index) => [samples[index], p])));
        };
        const before = partOf(all.slice(0, known));
        const after = partOf([...all].reverse());
        for (const [key, part] of before) expect(after.get(key)).toBe(part);
      }),
    );
  });

  it("comes near to the fractions, for numbers and for paths", () => {
    for (const key of [
      (i: number) => i,
      (i: number) => `images/${i}.png`,
      (i: number) => 1_700_000_000 + 60 * i,
    ]) {
      const sizes = sizesOf(hashSplit(range(20_000), [0.8, 0.1, 0.1], { by: key }));
      // Four standard deviations.
      expect(Math.abs(sizes[0] - 16_000)).toBeLessThan(226);
      expect(Math.abs(sizes[1] - 2_000)).toBeLessThan(170);
    }
  });

  it("puts equal keys into one part, takes the dataset's own keys, and divides anew by another salt", () => {
    const dataset = labelled(
      range(300),
      range(300).map((i) => `user ${i % 30}`),
    );
    const parts = indicesOf(hashSplit(dataset, [0.5, 0.5]));
    const users = parts.map((part) => new Set(part.map((index) => index % 30)));
    expect(users[0].size + users[1].size).toBe(30);
    expect(indicesOf(hashSplit(dataset, [0.5, 0.5], { salt: "again" }))).not.toEqual(parts);
    expect(indicesOf(hashSplit(dataset, [0.5, 0.5], { by: "label" }))).not.toEqual(parts);
  });

  it("only takes samples from its neighbours when a fraction grows", () => {
    const parts = indicesOf(hashSplit(range(1000), [0.5, 0.5], { by: (i) => i }));
    const grown = indicesOf(hashSplit(range(1000), [0.6, 0.4], { by: (i) => i }));
    expect(parts[0].filter((index) => !grown[0].includes(index))).toEqual([]);
  });

  it("gives a part of no share nothing, and rounding no hole", () => {
    const sizes = sizesOf(hashSplit(range(500), [0.1, 0, 0.2, 0.7, 0], { by: (i) => i }));
    expect([sizes[1], sizes[4]]).toEqual([0, 0]);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(500);
  });

  // FNV-1a of the bytes "\0a", then MurmurHash3's finalizer, computed apart from this code.
  it("has a place for each key that never changes", () => {
    expect([hashKey("a"), hashKey(7), hashKey("Größe", "salt")].map((place) => place * 2 ** 32)).toEqual([
      2507021586, 3661071973, 3079559102,
    ]);
  });

  it("refuses a dataset without keys", () => {
    expect(() => hashSplit(range(3), [1])).toThrow(fault("needs a key for each sample"));
  });
});
