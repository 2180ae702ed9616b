/** Samples drawn by weight: by a column of weights, or each class equally often. */
import { z } from "zod";
import { requireColumn, requireNumbers } from "../../data/columns.js";
import { WeightedRandomSampler } from "../../data/samplers/weighted-random.js";
import { defineSampler } from "../../plugin/plugin.js";
import { name, seed } from "../described.js";

const options = z
  .strictObject({
    weights: name
      .optional()
      .describe("column of weights, numbers of at least 0: samples are drawn in proportion to them"),
    balance: name
      .optional()
      .describe(
        'column of classes, each of which is drawn equally often; "label" where there are no weights',
      ),
    numSamples: z
      .int()
      .positive()
      .optional()
      .describe("draws per epoch; by default as many as there are samples"),
    replacement: z
      .boolean()
      .default(true)
      .describe(
        "whether a sample may come more than once in an epoch; if not, rare ones come early, not often",
      ),
    seed,
  })
  .refine(({ weights, balance }) => weights === undefined || balance === undefined, {
    error: "weights and balance exclude each other",
    path: ["balance"],
  });

export default defineSampler({
  name: "weighted-random",
  summary: "samples drawn at random by weight, or each class equally often",
  options,
  async create({ weights, balance = "label", numSamples, replacement, ...own }, { dataset, seed }) {
    const drawn =
      weights === undefined
        ? inverseCounts(await requireColumn(dataset, balance, "balance"))
        : await requireNumbers(dataset, weights, "weights");
    return new WeightedRandomSampler(drawn, numSamples ?? dataset.length, {
      replacement,
      seed: own.seed ?? seed,
    });
  },
});

/** One over the size of each sample's class. */
function inverseCounts(classes: ArrayLike<number | string>): number[] {
  const counts = new Map<number | string, number>();
  const all = Array.from(classes);
  for (const value of all) counts.set(value, (counts.get(value) ?? 0) + 1);
  return all.map((value) => 1 / (counts.get(value) ?? 1));
}
