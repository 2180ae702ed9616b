import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBudgetBatchSampler, type TokenBudgetBatchSamplerOptions } from "./token-budget-batch.js";

const costOf = (own: readonly number[], padded: boolean) =>
  padded ? Math.max(...own) * own.length : own.reduce((sum, length) => sum + length, 0);

describe("TokenBudgetBatchSampler", () => {
  it("never goes above the budget or the batch size, save for samples told to stay alone", () => {
    const cases = fc.record({
      lengths: fc.array(fc.nat(120), { maxLength: 120 }),
      maxTokens: fc.integer({ min: 1, max: 200 }),
      maxBatchSize: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      padded: fc.boolean(),
      oversize: fc.constantFrom("skip" as const, "alone" as const),
      epoch: fc.nat(9),
    });
    fc.assert(
      fc.property(cases, ({ lengths, epoch, ...options }) => {
        const sampler = new TokenBudgetBatchSampler(lengths, options);
        const batches = [...sampler.indices(epoch)];
        expect(batches.length).toBe(sampler.length);
        for (const batch of batches) {
          const own = batch.map((index) => lengths[index]);
          const alone = own.length === 1 && options.oversize === "alone";
          const budget = alone ? Infinity : options.maxTokens;
          expect(costOf(own, options.padded)).toBeLessThanOrEqual(budget);
          expect(batch.length).toBeLessThanOrEqual(options.maxBatchSize ?? Infinity);
        }
        const wanted = [...lengths.keys()].filter(
          (index) => options.oversize === "alone" || lengths[index] <= options.maxTokens,
        );
        expect(batches.flat().sort((a, b) => a - b)).toEqual(wanted);
        expect(sampler.skipped).toBe(lengths.length - wanted.length);
      }),
    );
  });

  it("fills batches as far as the budget goes", () => {
    const lengths = [4, 4, 4, 4, 2, 2, 3];
    const cut = (options: object) =>
      [...new TokenBudgetBatchSampler(lengths, { maxTokens: 12, shuffle: false, ...options }).indices(0)].map(
        (batch) => batch.map((index) => lengths[index]).join(""),
      );
    expect(cut({})).toEqual(["223", "444", "4"]);
    expect(cut({ padded: false })).toEqual(["2234", "444"]);
    expect(cut({ maxBatchSize: 2 })).toEqual(["22", "34", "44", "4"]);
  });

  it("exchanges samples of equal length from epoch to epoch", () => {
    const lengths = Array.from({ length: 100 }, (_, i) => 1 + (i % 3));
    const sampler = new TokenBudgetBatchSampler(lengths, { maxTokens: 12 });
    const sets = (epoch: number) =>
      [...sampler.indices(epoch)].map((batch) => [...batch].sort((a, b) => a - b).join(" "));
    const first = new Set(sets(0));
    expect(sets(1).filter((batch) => first.has(batch)).length).toBeLessThan(3);
  });

  it("names the first sample that does not fit, and how many there are", () => {
    expect(() => new TokenBudgetBatchSampler([5, 90, 8, 70], { maxTokens: 50 })).toThrow(
      expect.objectContaining({
        code: "OPTION_INVALID",
        message: "every sample must fit maxTokens (50), but sample 1 has 90, and 2 of 4 samples do not fit",
      }),
    );
  });

  it("holds any number of samples of length 0", () => {
    const sampler = new TokenBudgetBatchSampler([0, 0, 0, 5, 5], { maxTokens: 10, shuffle: false });
    expect([...sampler.indices(0)].map((batch) => batch.length)).toEqual([3, 2]);
  });

  it.each([
    [{ maxTokens: 0 }, "maxTokens must be a positive whole number, was 0"],
    [{ maxTokens: 9, maxBatchSize: 0 }, "maxBatchSize must be a positive whole number, was 0"],
    [{ maxTokens: 9, padded: 1 }, "padded must be true or false, was 1"],
    [{ maxTokens: 9, oversize: "drop" }, 'oversize must be "error", "skip" or "alone", was "drop"'],
  ])("refuses %j", (options, message) => {
    expect(() => new TokenBudgetBatchSampler([1], options as TokenBudgetBatchSamplerOptions)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message }),
    );
  });
});
