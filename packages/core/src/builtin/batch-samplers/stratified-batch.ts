/** Batches that hold every class in proportion. */
import { z } from "zod";
import { requireColumn } from "../../data/columns.js";
import { StratifiedBatchSampler } from "../../data/samplers/stratified-batch.js";
import { defineBatchSampler } from "../../plugin/plugin.js";
import { batchSize, dropLast, name, seed } from "../described.js";

export default defineBatchSampler({
  name: "stratified-batch",
  summary: "every sample once, in batches that hold each class in proportion",
  options: z.strictObject({
    batchSize,
    column: name.default("label").describe("column of classes"),
    dropLast: dropLast.describe("leave out the last batch of an epoch if it is smaller"),
    seed,
  }),
  create: async ({ batchSize, column, dropLast, ...own }, { dataset, seed }) =>
    new StratifiedBatchSampler(await requireColumn(dataset, column, "column"), {
      batchSize,
      dropLast,
      seed: own.seed ?? seed,
    }),
});
