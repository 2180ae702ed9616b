import { describe, expect, it } from "vitest";
import { flattens, lossAxis, valueAxis } from "./axis-rule.js";

const course = (count: number, of: (share: number) => number) =>
  Array.from({ length: count }, (_, i) => of(i / (count - 1)));

describe("an axis", () => {
  it("goes by powers of ten where a loss falls far, and evenly where it does not", () => {
    const falls = course(50, (share) => 2.3 * 0.001 ** share);
    expect(lossAxis([falls]).isLog).toBe(true);
    expect(lossAxis([course(5, (share) => 0.9 - 0.6 * share)])).toMatchObject({ isLog: false, low: 0 });
    expect(lossAxis([course(50, (share) => 2.3 - 2.2 * share)]).isLog).toBe(false);
    expect(flattens([falls, course(50, (share) => 2.4 - share * 2.3)])).toBe(false);
  });

  it("is not misled by noise, and finds what explodes flat too", () => {
    const noisy = course(2000, (share) => 2 * 0.001 ** share * (1 + 0.5 * Math.sin(share * 7e5)));
    expect(flattens([noisy])).toBe(true);
    expect(flattens([course(40, (share) => 0.5 * 1e6 ** share)])).toBe(true);
  });

  it("is even for what reaches 0, goes below it, or only fills up, such as an accuracy", () => {
    expect(valueAxis([course(50, (share) => Math.max(0, 1 - 2 * share))]).isLog).toBe(false);
    expect(valueAxis([course(50, (share) => 0.001 ** share - 0.1)]).isLog).toBe(false);
    expect(valueAxis([course(50, (share) => 1 - 0.95 * 0.0001 ** share)]).isLog).toBe(false);
  });

  it("shows a learning rate as it is scheduled: what is divided by powers, what follows a cosine evenly", () => {
    expect(valueAxis([course(100, (share) => 0.001 * 0.001 ** share)]).isLog).toBe(true);
    expect(valueAxis([course(100, (share) => 1e-6 + 5e-4 * (1 + Math.cos(Math.PI * share)))]).isLog).toBe(
      false,
    );
  });

  it("has a place and ticks for a single value and for none", () => {
    expect(lossAxis([[0.5]]).ticks.length).toBeGreaterThan(1);
    expect(valueAxis([[]]).ticks.length).toBeGreaterThan(1);
  });
});
