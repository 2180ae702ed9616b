import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StratifiedBatchSampler } from "./stratified-batch.js";

describe("StratifiedBatchSampler", () => {
  it("holds of each class its share of the batch, rounded, the smaller last batch included", () => {
    const cases = fc.record({
      labels: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant("a") }, fc.constantFrom("b", "c", "d")), {
        minLength: 1,
        maxLength: 200,
      }),
      batchSize: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(cases, ({ labels, batchSize, seed }) => {
        const whole = Math.floor(labels.length / batchSize);
        for (const batch of new StratifiedBatchSampler(labels, { batchSize, seed }).indices(2)) {
          for (const label of new Set(labels)) {
            const share = (labels.filter((other) => other === label).length * batch.length) / labels.length;
            const count = batch.filter((index) => labels[index] === label).length;
            // Taking out the last batch moves a share by up to 1 / whole.
            expect(Math.abs(count - share)).toBeLessThan(1 + (batch.length === batchSize ? 1 / whole : 0));
          }
        }
      }),
    );
  });

  it("has classes exactly in proportion where that comes out even", () => {
    const labels = Array.from({ length: 120 }, (_, i) => (i % 4 === 0 ? 1 : 0));
    for (const batch of new StratifiedBatchSampler(labels, { batchSize: 8 }).indices(3)) {
      expect(batch.filter((index) => labels[index] === 1).length).toBe(2);
    }
  });

  it("has the smaller batch last, or leaves it out, of other samples in each epoch", () => {
    const labels = Array.from({ length: 50 }, (_, i) => i % 3);
    const sizes = [...new StratifiedBatchSampler(labels, { batchSize: 8 }).indices(0)].map(
      (batch) => batch.length,
    );
    expect(sizes).toEqual([8, 8, 8, 8, 8, 8, 2]);
    const dropping = new StratifiedBatchSampler(labels, { batchSize: 8, dropLast: true });
    expect(dropping.length).toBe(6);
    const seen = new Set([0, 1, 2, 3].flatMap((epoch) => [...dropping.indices(epoch)].flat()));
    expect(seen.size).toBe(50);
  });

  it("brings a rare class into as many batches as it has samples", () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i < 3 ? "rare" : "common"));
    const batches = [...new StratifiedBatchSampler(labels, { batchSize: 10 }).indices(0)];
    expect(
      batches
        .map((batch) => batch.filter((index) => index < 3).length)
        .sort((a, b) => a - b)
        .join(""),
    ).toBe("0000000111");
  });

  it("mixes classes within a batch", () => {
    const labels = Array.from({ length: 1000 }, (_, i) => Math.floor(i / 500));
    const [batch] = new StratifiedBatchSampler(labels, { batchSize: 100 }).indices(0);
    const firstHalf = batch.slice(0, 50).filter((index) => labels[index] === 0).length;
    expect(firstHalf).toBeGreaterThan(10);
    expect(firstHalf).toBeLessThan(40);
  });

  it("has one smaller batch if there are too few samples, and none of none", () => {
    expect(
      [...new StratifiedBatchSampler([1, 2], { batchSize: 5 }).indices(0)].flat().sort((a, b) => a - b),
    ).toEqual([0, 1]);
    expect([...new StratifiedBatchSampler([1, 2], { batchSize: 5, dropLast: true }).indices(0)]).toEqual([]);
    expect([...new StratifiedBatchSampler([], { batchSize: 5 }).indices(0)]).toEqual([]);
  });

  it.each([
    [[1, undefined], "was undefined at 1"],
    [[null], "was null at 0"],
    [[Number.NaN], "was NaN at 0"],
    ["labels", "labels must be an array"],
  ])("refuses the labels %j", (labels, message) => {
    expect(() => new StratifiedBatchSampler(labels as unknown as string[], { batchSize: 2 })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(message) }),
    );
  });
});
