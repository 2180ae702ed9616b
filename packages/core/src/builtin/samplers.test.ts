import { describe, expect, it } from "vitest";
import type { Dataset } from "../contracts/dataset.js";
import type { LengthsFrom } from "../contracts/lengths.js";
import type { Sampler } from "../contracts/sampler.js";
import { lengthsOf } from "../data/columns.js";
import type { Kinds, Plugin } from "../plugin/plugin.js";
import { testBatchSampler, testSampler } from "../testing/index.js";
import builtin from "./index.js";

const words = ["a", "bb", "ccc", "dddd", "eeeee", "ff", "g", "hhh", "iiii", "j"];
const label = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1];

/** Ten samples of text, eight of them of class 0. */
const dataset: Dataset = {
  length: words.length,
  get: (index) => ({ text: words[index], label: label[index] }),
  key: (index) => `word ${words[index]}`,
  column: (name) => ({ label, text: words, rank: words.map((_, i) => i) })[name],
};

function plugin<K extends "sampler" | "batchSampler">(kind: K, name: string): Plugin<K> {
  return builtin.find((each) => each.kind === kind && each.name === name) as unknown as Plugin<K>;
}

const samplers = {
  sequential: { options: {}, permutation: true },
  random: { options: {}, permutation: true, random: true },
  "weighted-random": { options: {}, length: 10, random: true },
  subset: { options: { indices: [7, 2, 4] }, length: 3, random: true },
  "block-shuffle": { options: { blockSize: 2, bufferBlocks: 2 }, permutation: true, random: true },
  distributed: { options: { numReplicas: 3, rank: 2 }, length: 4, random: true },
};
const batchSamplers = {
  "bucket-batch": { options: { batchSize: 3, column: "text" }, length: 4, permutation: true, random: true },
  "token-budget-batch": { options: { maxTokens: 8, field: "text" }, permutation: true, random: true },
  "stratified-batch": { options: { batchSize: 5 }, length: 2, permutation: true, random: true },
  "per-source-batch": {
    options: { batchSize: 5, column: "label" },
    length: 3,
    permutation: true,
    random: true,
  },
};

for (const [name, laws] of Object.entries(samplers))
  testSampler({ plugin: plugin("sampler", name), dataset, ...laws });
for (const [name, laws] of Object.entries(batchSamplers))
  testBatchSampler({ plugin: plugin("batchSampler", name), dataset, ...laws });

it("holds every sampler and batch sampler to its laws", () => {
  const names = (kind: string) => builtin.filter((each) => each.kind === kind).map((each) => each.name);
  expect(names("sampler")).toEqual(Object.keys(samplers));
  expect(names("batchSampler")).toEqual(Object.keys(batchSamplers));
});

type Made<K extends "sampler" | "batchSampler"> = Promise<Sampler & Kinds[K]["value"]>;

async function make<K extends "sampler" | "batchSampler">(
  kind: K,
  name: string,
  options: object,
  context: object = {},
): Made<K> {
  const made = plugin(kind, name);
  const lengths = (from: LengthsFrom) => lengthsOf(dataset, from);
  const full = { baseUrl: new URL("file:///"), seed: 3, dataset, lengths, ...context };
  return (await made.create(made.options.parse(options), full)) as never;
}

function mean(sampler: Sampler, of: (index: number) => number): number {
  const drawn = Array.from({ length: 200 }, (_, epoch) => [...sampler.indices(epoch)]).flat();
  return drawn.reduce((sum, index) => sum + of(index), 0) / drawn.length;
}

describe("weighted-random", () => {
  it("draws each class equally often, or by a column of weights", async () => {
    const balanced = await make("sampler", "weighted-random", {});
    expect(mean(balanced, (index) => label[index])).toBeCloseTo(0.5, 1);
    const ranked = await make("sampler", "weighted-random", { weights: "rank", numSamples: 50 });
    // Weights 0 to 9: their mean index is Σ i² / Σ i.
    expect(mean(ranked, (index) => index)).toBeCloseTo(285 / 45, 1);
  });

  it("names the columns that there are", async () => {
    await expect(make("sampler", "weighted-random", { weights: "rnak" })).rejects.toMatchObject({
      code: "COLUMN_UNKNOWN",
      message: expect.stringContaining("weights must be a column that the source knows") as string,
      hint: "Columns: text, label.",
      path: ["weights"],
    });
    await expect(make("sampler", "weighted-random", { weights: "text" })).rejects.toThrow(
      'weights must be a column of numbers of at least 0, but "text" has "a" at sample 0 (word a)',
    );
    const gap = { dataset: { ...dataset, column: () => Float32Array.of(1, Number.NaN) } };
    await expect(make("sampler", "weighted-random", { weights: "rank" }, gap)).rejects.toThrow(
      '"rank" has NaN at sample 1 (word',
    );
  });
});

describe("subset", () => {
  it("takes the first so many, or keeps the order given", async () => {
    const first = await make("sampler", "subset", { count: 4 });
    expect([...first.indices(0)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    const given = await make("sampler", "subset", { indices: [7, 2, 4], shuffle: false });
    expect([...given.indices(5)]).toEqual([7, 2, 4]);
  });

  it("refuses samples that the split does not have", async () => {
    await expect(make("sampler", "subset", { indices: [0, 10] })).rejects.toThrow(
      "indices must lie from 0 to 9, within the training split, was 10",
    );
    await expect(make("sampler", "subset", { count: 11 })).rejects.toThrow("at most the 10 samples");
  });
});

describe("batches by length", () => {
  const longest = (batches: Iterable<readonly number[]>) =>
    [...batches].map((batch) => Math.max(...batch.map((index) => words[index].length)));

  it("take lengths from a column of texts, from a field that is read, or from the first field that has one", async () => {
    for (const from of [{ column: "text" }, { field: "text" }, {}]) {
      const sampler = await make("batchSampler", "bucket-batch", {
        batchSize: 2,
        shuffle: false,
        ...from,
      });
      expect(longest(sampler.indices(0) as never)).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it("say how many samples fit whatever their lengths, for splits that are measured", async () => {
    const sampler = await make("batchSampler", "token-budget-batch", { maxTokens: 11 });
    expect(sampler.batchSize).toBe(2);
  });

  it("name a field that has no length", async () => {
    await expect(make("batchSampler", "bucket-batch", { batchSize: 2, field: "txt" })).rejects.toMatchObject({
      message:
        'field must name something with a length in every sample, but "txt" of sample 0 (word a) has none (did you mean "text"?)',
      path: ["field"],
    });
  });
});

describe("per-source-batch", () => {
  it("takes the spec's sources, and says so where there are none", async () => {
    const sourceOf = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
    const sampler = await make("batchSampler", "per-source-batch", { batchSize: 5 }, { sourceOf });
    for (const batch of sampler.indices(0) as never as number[][])
      expect(new Set(batch.map((index) => sourceOf[index])).size).toBe(1);
    await expect(make("batchSampler", "per-source-batch", { batchSize: 5 })).rejects.toThrow(
      "per-source-batch needs a spec with `sources`, or a `column`",
    );
  });
});
