/** Batches of as many samples as fit a number of tokens. */
import { z } from "zod";
import { TokenBudgetBatchSampler } from "../../data/samplers/token-budget-batch.js";
import { defineBatchSampler } from "../../plugin/plugin.js";
import { lengthsExclude, lengthsOptions, oneOfLengths, seed } from "../described.js";

export default defineBatchSampler({
  name: "token-budget-batch",
  summary: "every sample once, in batches of similar length that hold at most so many tokens",
  options: z
    .strictObject({
      maxTokens: z.int().positive().describe("most tokens of a batch, in the unit of the lengths"),
      maxBatchSize: z.int().positive().optional().describe("most samples of a batch; no limit by default"),
      ...lengthsOptions,
      padded: z
        .boolean()
        .default(true)
        .describe("count padding: a batch costs its longest sample times its size; false adds the lengths"),
      shuffle: z
        .boolean()
        .default(true)
        .describe(
          "batches in a new order for each epoch; false goes from short to long, the same way every epoch",
        ),
      oversize: z
        .enum(["error", "skip", "alone"])
        .default("error")
        .describe(
          "what becomes of a sample longer than maxTokens: refused, left out, or a batch of its own above the budget",
        ),
      seed,
    })
    .refine(oneOfLengths, lengthsExclude),
  create: async ({ column, field, ...options }, { lengths, seed }) =>
    new TokenBudgetBatchSampler(await lengths({ column, field }), {
      ...options,
      seed: options.seed ?? seed,
    }),
});
