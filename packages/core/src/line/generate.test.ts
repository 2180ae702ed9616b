import { describe, expect, it } from "vitest";
import { randomAt } from "../data/philox.js";
import { drawToken } from "./generate.js";

const probabilities = [0.1, 0.4, 0.2, 0.25, 0.05];

function shares(options: Parameters<typeof drawToken>[1], left?: ReadonlySet<number>): number[] {
  const random = randomAt(1, 0, 0);
  const counts = probabilities.map(() => 0);
  const draws = 20_000;
  for (let i = 0; i < draws; i++) counts[drawToken(probabilities, options, random, left)]++;
  return counts.map((count) => count / draws);
}

/** The largest difference of two shares. */
function between(found: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((share, i) => Math.abs(found[i] - share)));
}

const near = 0.015;

describe("a token", () => {
  it("is drawn as often as it is probable", () => {
    expect(between(shares({}), probabilities)).toBeLessThan(near);
  });

  it("is drawn by p^(1/temperature), which is a softmax of logits divided by it", () => {
    const squares = probabilities.map((each) => each * each);
    const sum = squares.reduce((all, each) => all + each, 0);
    expect(
      between(
        shares({ temperature: 0.5 }),
        squares.map((each) => each / sum),
      ),
    ).toBeLessThan(near);
  });

  it("is the most probable at temperature 0, the first of equal ones", () => {
    expect(drawToken(probabilities, { temperature: 0 }, randomAt(1, 0, 0))).toBe(1);
    expect(drawToken([0.5, 0.5], { temperature: 0 }, randomAt(1, 0, 0))).toBe(0);
  });

  it("is one of the k most probable, or of the fewest that make up a share", () => {
    expect(between(shares({ topK: 2 }), [0, 0.4 / 0.65, 0, 0.25 / 0.65, 0])).toBeLessThan(near);
    expect(between(shares({ topP: 0.6 }), [0, 0.4 / 0.65, 0, 0.25 / 0.65, 0])).toBeLessThan(near);
    expect(between(shares({ topP: 0.66 }), [0, 0.4 / 0.85, 0.2 / 0.85, 0.25 / 0.85, 0])).toBeLessThan(near);
    expect(shares({ topK: 1 })[1]).toBe(1);
  });

  it("is none that is left out", () => {
    expect(shares({}, new Set([1]))[1]).toBe(0);
  });

  it("is drawn of probabilities that are as small as they get", () => {
    expect(drawToken([1e-300, 0, 1e-305], { temperature: 0.1 }, randomAt(1, 0, 0))).toBe(0);
  });

  it("cannot be drawn where a model gives no numbers", () => {
    expect(() => drawToken([Number.NaN, Number.NaN], {}, randomAt(1, 0, 0))).toThrow("gave none");
  });
});
