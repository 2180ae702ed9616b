/** Batches of similar length, so that padding is small. */
import { z } from "zod";
import { BucketBatchSampler } from "../../data/samplers/bucket-batch.js";
import { defineBatchSampler } from "../../plugin/plugin.js";
import { batchSize, dropLast, lengthsExclude, lengthsOptions, oneOfLengths, seed } from "../described.js";

export default defineBatchSampler({
  name: "bucket-batch",
  summary: "every sample once, in batches of similar length",
  options: z
    .strictObject({
      batchSize,
      ...lengthsOptions,
      bucketSize: z
        .int()
        .positive()
        .optional()
        .describe("samples per bucket, 10 × batchSize by default; small ones pad less, large ones vary more"),
      numBuckets: z.int().positive().optional().describe("the number of buckets, instead of their size"),
      shuffle: z
        .boolean()
        .default(true)
        .describe("new batches for each epoch; false goes from short to long, the same way every epoch"),
      dropLast: dropLast.describe("leave out the last batch of an epoch if it is smaller"),
      seed,
    })
    .refine(oneOfLengths, lengthsExclude)
    .refine(({ bucketSize, numBuckets }) => bucketSize === undefined || numBuckets === undefined, {
      error: "bucketSize and numBuckets exclude each other",
      path: ["numBuckets"],
    }),
  create: async ({ column, field, ...options }, { lengths, seed }) =>
    new BucketBatchSampler(await lengths({ column, field }), {
      ...options,
      seed: options.seed ?? seed,
    }),
});
