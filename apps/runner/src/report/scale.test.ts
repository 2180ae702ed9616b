import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochScale, logScale, niceScale } from "./scale.js";

describe("axes", () => {
  it("cover the values with a few evenly spaced round ticks", () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(value, fc.double({ min: 1e-4, max: 1e6, noNaN: true }), (low, span) => {
        const high = low + span;
        const { ticks, ...scale } = niceScale(low, high);
        const slack = 1e-6 * Math.max(1, Math.abs(low), Math.abs(high));
        expect(scale.low).toBeLessThanOrEqual(low + slack);
        expect(scale.high).toBeGreaterThanOrEqual(high - slack);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(8);
      }),
    );
  });

  it("label ticks with as many places as they differ in", () => {
    const { ticks, label } = niceScale(0, 0.13);
    expect(ticks.map(label)).toEqual(["0.00", "0.05", "0.10", "0.15"]);
    expect(niceScale(0, 2300).ticks.map(niceScale(0, 2300).label)).toEqual([
      "0",
      "500",
      "1000",
      "1500",
      "2000",
      "2500",
    ]);
  });

  it("make room around a single value", () => {
    const { low, high } = niceScale(3, 3);
    expect(low).toBeLessThanOrEqual(3);
    expect(high).toBeGreaterThan(3);
  });

  it("go by powers of ten over any range above 0, with two to eight ticks", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9, max: 6 }),
        fc.double({ min: 1, max: 1e8, noNaN: true }),
        (power, ratio) => {
          const low = 3.7 * 10 ** power;
          const { ticks, share, ...scale } = logScale(low, low * ratio);
          expect(scale.low).toBeLessThanOrEqual(low * 1.001);
          expect(scale.high).toBeGreaterThanOrEqual(low * ratio * 0.999);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(8);
          expect(share(scale.low)).toBeCloseTo(0);
          expect(share(scale.high)).toBeCloseTo(1);
        },
      ),
    );
    expect(logScale(0.004, 3).ticks.map(logScale(0.004, 3).label)).toEqual(["0.01", "0.1", "1"]);
    expect(logScale(1e-6, 1e-3).ticks.map(logScale(1e-6, 1e-3).label)).toEqual([
      "1e-6",
      "1e-5",
      "1e-4",
      "0.001",
    ]);
  });

  it("count epochs in whole numbers, at most eleven of them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (epochs) => {
        const { ticks } = epochScale(epochs);
        expect(ticks.every(Number.isInteger)).toBe(true);
        expect(ticks.length).toBeLessThanOrEqual(11);
      }),
    );
  });
});
