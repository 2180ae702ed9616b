import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitIndices } from "./split.js";
import { countsOf } from "./split-parts.js";

describe("countsOf", () => {
  // torch.utils.data.random_split's remainder rule.
  it.each([
    [106, [0.1, 0.2, 0.3, 0.4], [11, 22, 31, 42]],
    [3, [0.5, 0.5], [2, 1]],
    [10, [0.3, 0.7], [3, 7]],
    [10, [0.3, 0.3], [3, 3]],
  ])("cuts %i by %j into %j", (length, fractions, counts) => {
    expect(countsOf(length, fractions)).toEqual(counts);
  });
});

describe("splitIndices", () => {
  it("divides as torch.random_split does at seed 1", () => {
    const { train, validation } = splitIndices(10, { train: 0.3, validation: 0.7 }, 1);
    expect([...(train ?? [])]).toEqual([5, 6, 1]);
    expect([...(validation ?? [])]).toEqual([2, 0, 8, 9, 3, 7, 4]);
  });

  it("puts every index into exactly one part, with and without strata", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 300 }),
        fc.nat(1000),
        fc.option(fc.integer({ min: 1, max: 5 })),
        (length, seed, classes) => {
          const strata = classes === null ? undefined : Array.from({ length }, (_, i) => i % classes);
          const parts = splitIndices(length, { train: 0.5, validation: 0.3, test: 0.2 }, seed, { strata });
          const all = Object.values(parts).flatMap((part) => [...part]);
          expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
        },
      ),
    );
  });

  it("gives every part each class in proportion when stratified", () => {
    const strata = Array.from({ length: 1000 }, (_, i) => (i < 100 ? "rare" : "common"));
    const { validation = [] } = splitIndices(1000, { train: 0.8, validation: 0.2 }, 3, { strata });
    expect(validation).toHaveLength(200);
    expect([...validation].filter((index) => strata[index] === "rare")).toHaveLength(20);
  });

  it("mixes classes within a part when stratified", () => {
    const strata = Array.from({ length: 100 }, (_, i) => (i < 50 ? 0 : 1));
    const { train = [] } = splitIndices(100, { train: 0.8, validation: 0.2 }, 3, { strata });
    const changes = [...train].filter((index, i) => i > 0 && strata[index] !== strata[train[i - 1]]).length;
    expect(changes).toBeGreaterThan(20);
  });

  it("lies in shared memory, for workers to read without a copy", () => {
    expect(splitIndices(10, { train: 1 }, 0).train?.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("refuses a part without samples", () => {
    expect(() => splitIndices(3, { train: 0.9, validation: 0.1 }, 0)).toThrow(
      "the validation split (0.1) of 3 samples is empty",
    );
  });
});
