/** The share of one process out of several that train together. */
import { z } from "zod";
import { DistributedSampler } from "../../data/samplers/distributed.js";
import { defineSampler } from "../../plugin/plugin.js";
import { seed } from "../described.js";

export default defineSampler({
  name: "distributed",
  summary: "this process's share of an order that several processes have in common",
  options: z
    .strictObject({
      numReplicas: z.int().positive().describe("how many processes train together"),
      rank: z.int().nonnegative().describe("which of them this is, from 0"),
      shuffle: z
        .boolean()
        .default(true)
        .describe("a new random order for each epoch, the same in every process"),
      dropLast: z
        .boolean()
        .default(false)
        .describe("leave out the last samples that do not go round; otherwise the first ones come again"),
      seed,
    })
    .refine(({ numReplicas, rank }) => rank < numReplicas, {
      error: "must be less than numReplicas",
      path: ["rank"],
    }),
  create: (options, { dataset, seed }) =>
    new DistributedSampler(dataset, { ...options, seed: options.seed ?? seed }),
});
