/** Samplers that draw from a generator in passing go on where its state was saved. */
import { describe, expect, it } from "vitest";
import type { Sampler } from "../../contracts/sampler.js";
import { Generator } from "../generator.js";
import { RandomSampler } from "./random.js";
import { SubsetRandomSampler } from "./subset-random.js";
import { WeightedRandomSampler } from "./weighted-random.js";

describe("a sampler with a generator", () => {
  const weights = [0.1, 0.9, 0.4, 0.7, 3, 0.6];
  const make: Record<string, (generator: Generator) => Sampler> = {
    "RandomSampler with replacement": (generator) =>
      new RandomSampler(weights, { generator, replacement: true, numSamples: 5 }),
    RandomSampler: (generator) => new RandomSampler(weights, { generator }),
    WeightedRandomSampler: (generator) => new WeightedRandomSampler(weights, 5, { generator }),
    "WeightedRandomSampler without replacement": (generator) =>
      new WeightedRandomSampler(weights, 5, { generator, replacement: false }),
    SubsetRandomSampler: (generator) => new SubsetRandomSampler([...weights.keys()], { generator }),
  };

  it.each(Object.entries(make))(
    "%s goes on where the saved state of its generator was taken",
    (_name, sample) => {
      const sampler = sample(new Generator(42));
      const first = [...sampler.indices(0)];
      const state = sampler.generator?.state() ?? "";
      const second = [...sampler.indices(0)];
      expect([...sample(new Generator(42)).indices(5)]).toEqual(first);
      const resumed = sample(new Generator(0));
      resumed.generator?.setState(state);
      expect([...resumed.indices(0)]).toEqual(second);
    },
  );
});
