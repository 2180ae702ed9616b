import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PerSourceBatchSampler, type PerSourceBatchSamplerOptions } from "./per-source-batch.js";

describe("PerSourceBatchSampler", () => {
  it("takes each batch from one source, and from each source one smaller batch at most", () => {
    const cases = fc.record({
      sources: fc.array(fc.constantFrom("web", "книги", "code", 7), { maxLength: 120 }),
      batchSize: fc.integer({ min: 1, max: 20 }),
      dropLast: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ sources, batchSize, dropLast }) => {
        const sampler = new PerSourceBatchSampler(sources, { batchSize, dropLast });
        const batches = [...sampler.indices(1)];
        const smaller = batches.filter((batch) => batch.length < batchSize);
        for (const batch of batches) expect(new Set(batch.map((index) => sources[index])).size).toBe(1);
        expect(new Set(smaller.map(([index]) => sources[index])).size).toBe(smaller.length);
        expect(dropLast && smaller.length > 0).toBe(false);
        const round = dropLast ? Math.floor : Math.ceil;
        const counts = [...new Set(sources)].map(
          (source) => sources.filter((other) => other === source).length,
        );
        expect(sampler.length).toBe(counts.reduce((sum, count) => sum + round(count / batchSize), 0));
      }),
    );
  });

  it("mixes the batches of all sources", () => {
    const sources = Array.from({ length: 400 }, (_, i) => Math.floor(i / 200));
    const order = [...new PerSourceBatchSampler(sources, { batchSize: 10 }).indices(0)].map(
      ([first]) => sources[first],
    );
    const changes = order.filter((source, place) => place > 0 && source !== order[place - 1]).length;
    expect(changes).toBeGreaterThan(8);
  });

  it("tells a number from the text of the same look", () => {
    expect(new PerSourceBatchSampler([1, "1"], { batchSize: 2 }).length).toBe(2);
  });

  it.each([
    [{ batchSize: 0 }, "batchSize must be a positive whole number, was 0"],
    [{ batchSize: 1, dropLast: 1 }, "dropLast must be true or false, was 1"],
  ])("refuses %j", (options, message) => {
    expect(() => new PerSourceBatchSampler([1], options as PerSourceBatchSamplerOptions)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message }),
    );
  });
});
