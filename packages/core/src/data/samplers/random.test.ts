import { describe, expect, it } from "vitest";
import { Generator } from "../generator.js";
import { RandomSampler } from "./random.js";

const ten = { length: 10 };
const invalid = (text: string) =>
  expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(text) });
const seeded = (seed = 42) => ({ generator: new Generator(seed) });

describe("RandomSampler", () => {
  it("permutes like torch, pass after pass of one generator", () => {
    const sampler = new RandomSampler(ten, seeded());
    const passes = [[...sampler.indices(0)].join(""), [...sampler.indices(0)].join("")];
    expect(passes).toEqual(["2618450937", "7503169842"]);
  });

  it("draws with replacement like torch", () => {
    const sampler = new RandomSampler(ten, { replacement: true, ...seeded() });
    expect([...sampler.indices()].join("")).toBe("2764650403");
  });

  it("puts one permutation after the other when more samples are wanted than there are", () => {
    const sampler = new RandomSampler(ten, { numSamples: 25, ...seeded() });
    expect([...sampler.indices()].join("")).toBe("2618450937358946107275031");
  });

  it("gives epoch e what torch gives with a generator at seed + e", () => {
    for (const options of [{}, { replacement: true }, { numSamples: 25 }, { numSamples: 3 }]) {
      const expected = [...new RandomSampler(ten, { ...options, ...seeded(45) }).indices()];
      expect([...new RandomSampler(ten, { ...options, seed: 42 }).indices(3)]).toEqual(expected);
    }
  });

  it("leaves the generator where torch does when a pass stops early", () => {
    const withReplacement = new RandomSampler(ten, { replacement: true, numSamples: 100, ...seeded() });
    withReplacement.indices(0)[Symbol.iterator]().next();
    expect(withReplacement.generator?.randint(1000)).toBe(475);
    const permuting = new RandomSampler(ten, seeded());
    const pass = permuting.indices(0)[Symbol.iterator]();
    pass.next();
    expect(permuting.generator?.randint(1000)).toBe(113);
    while (pass.next().done !== true);
    expect(permuting.generator?.randint(1000)).toBe(706);
  });

  it("draws nothing from its generator before its indices are asked for", () => {
    const { generator } = seeded();
    new RandomSampler(ten, { generator }).indices(0);
    expect(generator.state()).toBe(new Generator(42).state());
  });

  it("has the lengths of torch's test_random_sampler_len, with and without replacement", () => {
    const lengths = [1, 5, 10, 15, 100].flatMap((numSamples) =>
      [true, false].map((replacement) => {
        const sampler = new RandomSampler(ten, { numSamples, replacement });
        return [numSamples, sampler.length, [...sampler.indices(1)].length];
      }),
    );
    for (const [wanted, length, count] of lengths) expect([length, count]).toEqual([wanted, wanted]);
  });

  it("follows a dataset that grows", () => {
    const samples = [1, 2, 3];
    const sampler = new RandomSampler(samples);
    samples.push(4, 5);
    expect(sampler.length).toBe(5);
    expect([...sampler.indices(0)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  it("says so when its dataset has become empty", () => {
    const samples = [1, 2];
    const [all, five] = [new RandomSampler(samples), new RandomSampler(samples, { numSamples: 5 })];
    samples.length = 0;
    expect([...all.indices(0)]).toEqual([]);
    expect(() => [...five.indices(0)]).toThrow(invalid("not empty"));
  });

  it("refuses what torch refuses", () => {
    const wrong = (options: object, text: string, dataset: { length: number } = ten) =>
      expect(() => new RandomSampler(dataset, options)).toThrow(invalid(text));
    wrong({}, "numSamples must be a positive whole number, was 0", { length: 0 });
    wrong({ numSamples: 0 }, "numSamples must be a positive whole number, was 0");
    wrong({ numSamples: -5 }, "was -5");
    wrong({ numSamples: 2.5 }, "was 2.5");
    wrong({ numSamples: true }, "was true");
    wrong({ replacement: 1 }, "replacement must be true or false, was 1");
    wrong({ seed: 0.5 }, "seed must be a whole number, was 0.5");
    wrong({ seed: 1, ...seeded() }, "not both");
    wrong({ generator: {} }, "generator must be a Generator, was an object (Object)");
    wrong({}, "length is a whole number, was undefined", {} as { length: number });
  });
});
