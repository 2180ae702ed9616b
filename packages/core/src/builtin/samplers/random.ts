/** The samples in a new random order for each epoch. */
import { z } from "zod";
import { RandomSampler } from "../../data/samplers/random.js";
import { defineSampler } from "../../plugin/plugin.js";

export default defineSampler({
  name: "random",
  summary: "every sample once, in a random order that follows from the seed and the epoch",
  options: z.strictObject({
    seed: z.int().nonnegative().optional().describe("instead of the run's seed"),
  }),
  create: (options, { dataset, seed }) => new RandomSampler(dataset, { seed: options.seed ?? seed }),
});
