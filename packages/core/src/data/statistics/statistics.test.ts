import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AllValues } from "./all-values.js";
import { byFrequency, NumberCounts } from "./counts.js";
import { Extremes } from "./extremes.js";
import { Moments } from "./moments.js";
import type { Statistic } from "./statistic.js";

const value = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((each) => each + 0) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
/** Columns of one number, in parts. */
const parts = fc.array(fc.array(value, { maxLength: 30 }), { minLength: 1, maxLength: 8 });

/** Each part seen alone, then merged in order. */
function merged<T extends Statistic>(make: () => T, seen: readonly (readonly number[])[]): T {
  const whole = make();
  for (const values of seen) {
    const part = make();
    expect(part.add(values, values.length)).toBe(-1);
    whole.merge(structuredClone(part.partial()));
  }
  return whole;
}

const there = (seen: readonly (readonly number[])[]) => seen.flat().filter((each) => !Number.isNaN(each));

describe("statistics of parts, merged", () => {
  it("have the mean and the variance that two passes over all values have", () => {
    fc.assert(
      fc.property(parts, (seen) => {
        const { counts, means, squares } = merged(() => new Moments(1), seen);
        const values = there(seen);
        expect(counts[0]).toBe(values.length);
        const mean = values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length);
        const square = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
        const scale = Math.max(1e-300, ...values.map(Math.abs));
        expect(Math.abs(means[0] - mean)).toBeLessThanOrEqual(1e-13 * scale);
        expect(Math.abs(squares[0] - square)).toBeLessThanOrEqual(
          1e-12 * Math.max(square, 1e-12 * scale ** 2),
        );
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("keep a small spread far from 0, where sums of squares would lose it", () => {
    const values = Array.from({ length: 10_000 }, (_, i) => 1e9 + (i % 2));
    const moments = merged(
      () => new Moments(1),
      [values.slice(0, 4096), values.slice(4096, 8192), values.slice(8192)],
    );
    expect([moments.means[0], moments.variances()[0]]).toEqual([1e9 + 0.5, 0.25]);
  });

  it("have the extremes, the median and the modes of all values", () => {
    fc.assert(
      fc.property(parts, (seen) => {
        const values = there(seen).sort((a, b) => a - b);
        const { least, greatest } = merged(() => new Extremes(1), seen);
        expect([least[0], greatest[0]]).toEqual([values.at(0) ?? Infinity, values.at(-1) ?? -Infinity]);
        const half = values.length / 2;
        const middle = (values[Math.ceil(half) - 1] + values[Math.floor(half)]) / 2;
        const [median] = merged(() => new AllValues(1), seen).medians();
        expect(median).toBe(middle);
        const often = (each: number) => values.filter((other) => other === each).length;
        const mode = values.reduce((best, each) => (often(each) > often(best) ? each : best), values[0]);
        const [found] = merged(() => new NumberCounts(1), seen).modes();
        expect(found).toBe(values.length === 0 ? Number.NaN : mode);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it("say where the first number stands that is not finite", () => {
    const values = [1, Number.NaN, 2, -Infinity, 3, 4];
    for (const make of [Moments, Extremes, NumberCounts]) expect(new make(2).add(values, 3)).toBe(3);
    expect(new AllValues(2).add(values, 3)).toBe(3);
  });

  it("order values of equal counts by number, texts by their code units", () => {
    expect(
      byFrequency(
        new Map([
          [10, 1],
          [9, 1],
          [2, 5],
        ]),
      ),
    ).toEqual([2, 9, 10]);
    expect(
      byFrequency(
        new Map([
          ["b", 1],
          ["10", 1],
          ["9", 1],
        ]),
      ),
    ).toEqual(["10", "9", "b"]);
  });
});
