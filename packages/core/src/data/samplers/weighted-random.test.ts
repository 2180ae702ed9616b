import { describe, expect, it } from "vitest";
import { Generator } from "../generator.js";
import { multinomial } from "./multinomial.js";
import { WeightedRandomSampler } from "./weighted-random.js";

const weights = [0.1, 0.9, 0.4, 0.7, 3, 0.6];
const invalid = (text: string) =>
  expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(text) });

describe("WeightedRandomSampler", () => {
  it.each([
    [true, ["11114", "45511"]],
    [false, ["13420", "43251"]],
  ])("draws like torch with replacement %s, pass after pass of one generator", (replacement, expected) => {
    const sampler = new WeightedRandomSampler(weights, 5, { replacement, generator: new Generator(42) });
    expect([[...sampler.indices(0)].join(""), [...sampler.indices(0)].join("")]).toEqual(expected);
  });

  it("gives epoch e what torch gives with a generator at seed + e", () => {
    const sampler = new WeightedRandomSampler(weights, 5, { seed: 40 });
    expect([...sampler.indices(2)].join("")).toBe("11114");
  });

  it("keeps the weights it was given", () => {
    const given = [...weights];
    const sampler = new WeightedRandomSampler(given, 5, { seed: 42 });
    given.fill(0);
    expect([...sampler.indices(0)].join("")).toBe("11114");
  });

  it("refuses what torch refuses, when it is made", () => {
    const wrong = (given: unknown, numSamples: unknown, options: object, text: string) =>
      expect(() => new WeightedRandomSampler(given as number[], numSamples as number, options)).toThrow(
        invalid(text),
      );
    wrong(weights, 0, {}, "numSamples must be a positive whole number, was 0");
    wrong(weights, true, {}, "numSamples must be a positive whole number, was true");
    wrong(weights, 5, { replacement: "no" }, 'replacement must be true or false, was "no"');
    wrong([weights, weights], 5, {}, "an array of length 6 at 0");
    wrong([], 1, {}, "weights must have a positive, finite sum, was 0");
    wrong([0, 0], 1, {}, "weights must have a positive, finite sum, was 0");
    wrong([1, -1], 1, {}, "was -1 at 1");
    wrong([1, Number.NaN], 1, {}, "was NaN at 1");
    wrong([1, Infinity], 1, {}, "was Infinity at 1");
    wrong([1.5e308, 1.5e308], 1, {}, "sum, was Infinity");
    wrong([1, 2], 3, { replacement: false }, "number of positive weights (2), was 3");
  });

  it("refuses to go on without replacement with samples of weight 0", () => {
    expect(() => new WeightedRandomSampler([0, 1, 1], 3, { replacement: false })).toThrow(
      invalid("number of positive weights (2), was 3"),
    );
  });
});

describe("multinomial", () => {
  const thousand = Array.from({ length: 1000 }, (_, i) => (((i + 1) * 7919) % 1009) / 1009);
  const checksum = (indices: Int32Array) => indices.reduce((sum, index, place) => sum + index * place, 0);

  it("draws a thousand of a thousand like torch at seed 7, without replacement", () => {
    const indices = multinomial(thousand, 1000, false, new Generator(7));
    expect([...indices.subarray(0, 8)]).toEqual([200, 855, 132, 691, 364, 997, 392, 992]);
    expect(checksum(indices)).toBe(248246743);
    expect(new Set(indices).size).toBe(1000);
  });

  it("draws a thousand of a thousand like torch at seed 7, with replacement", () => {
    const indices = multinomial(thousand, 1000, true, new Generator(7));
    expect([...indices.subarray(0, 8)]).toEqual([278, 273, 861, 655, 922, 838, 294, 560]);
    expect(checksum(indices)).toBe(253927012);
  });

  it("draws a single sample as torch does, one number per weight", () => {
    const generator = new Generator(42);
    expect([...multinomial(weights, 1, true, generator)]).toEqual([1]);
    expect([1, 2, 3].map(() => generator.randint(100))).toEqual([10, 54, 31]);
  });

  it("never draws what has weight 0", () => {
    const sparse = [0, 1, 0, 1e-300, 2, 0];
    for (let seed = 0; seed < 50; seed++) {
      const generator = new Generator(seed);
      expect([...multinomial(sparse, 3, false, generator)].sort((a, b) => a - b)).toEqual([1, 3, 4]);
      for (const index of multinomial(sparse, 20, true, generator)) expect(sparse[index]).toBeGreaterThan(0);
    }
  });

  it("draws in proportion", () => {
    const counts = [0, 0, 0];
    for (const index of multinomial([1, 2, 5], 80_000, true, new Generator(1))) counts[index]++;
    expect(counts.map((count) => Math.round(count / 1000))).toEqual([10, 20, 50]);
  });
});
