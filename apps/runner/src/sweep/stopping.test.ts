import { describe, expect, it } from "vitest";
import { type Curve, halving, medianStopping } from "./stopping.js";

const whole = (...values: number[]): Curve => ({ values, isWhole: true });
const young = (...values: number[]): Curve => ({ values, isWhole: false });

describe("the median stopping rule", () => {
  // Running averages after two epochs: 0.75, 0.8, 0.9.
  const others = [whole(0.9, 0.6, 0.1), whole(1, 0.6, 0.2), whole(1, 0.8, 0.3)];

  it("gives up what at its best is worse than the median of others' averages", () => {
    expect(medianStopping([2, 0.81], others, true)).toBe(
      "after 2 epochs at best 0.81, where the median of 3 trials was 0.8",
    );
    expect(medianStopping([0.79, 5], others, true)).toBeUndefined();
    expect(medianStopping([0.1, 0.2], others, false)).toMatch(/^after 2 epochs at best 0\.2/);
  });

  it("gives up what has no number, and nothing before three trials have ended", () => {
    expect(medianStopping([Number.NaN, Number.NaN], others, true)).toMatch(/at best no number/);
    expect(medianStopping([9, 9], [...others.slice(1), young(0.1, 0.1)], true)).toBeUndefined();
    expect(medianStopping([], others, true)).toBeUndefined();
    expect(medianStopping([9, 9, 9, 9], others, true)).toBeUndefined();
  });
});

describe("successive halving", () => {
  const rule = halving(3);

  it("keeps the best third of those that have come as far, at 1, 3, 9 epochs", () => {
    const others = [young(0.5, 0.4, 0.1), young(0.6, 0.5, 0.2)];
    expect(rule([0.7], others, true)).toBe("after 1 epoch at 0.7, not among the best 1 of 3");
    expect(rule([0.4], others, true)).toBeUndefined();
    expect(rule([0.4, 9], others, true)).toBeUndefined();
    expect(rule([0.4, 9, 9], others, true)).toBe("after 3 epochs at 9, not among the best 1 of 3");
    expect(rule([0.7], others, false)).toBeUndefined();
  });

  it("lets the first ones pass, which there is nothing to measure by", () => {
    expect(rule([9], [young(0.1)], true)).toBeUndefined();
  });
});
