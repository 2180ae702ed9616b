/** Batches that do not mix sources. */
import { z } from "zod";
import type { Dataset } from "../../contracts/dataset.js";
import { requireColumn } from "../../data/columns.js";
import { PerSourceBatchSampler } from "../../data/samplers/per-source-batch.js";
import { MillraceError } from "../../errors.js";
import { defineBatchSampler } from "../../plugin/plugin.js";
import { batchSize, dropLast, name, seed } from "../described.js";

export default defineBatchSampler({
  name: "per-source-batch",
  summary: "every sample once, in batches of samples from one source each",
  options: z.strictObject({
    batchSize,
    column: name
      .optional()
      .describe("column that tells sources apart, such as a language; by default the spec's `sources` do"),
    dropLast: dropLast.describe("leave out each source's last batch if it is smaller"),
    seed,
  }),
  create: async ({ batchSize, column, dropLast, ...own }, { dataset, sourceOf, seed }) => {
    const sources = column === undefined ? sourceOf : await requireColumn(dataset, column, "column");
    return new PerSourceBatchSampler(sources ?? (await noSources(dataset)), {
      batchSize,
      dropLast,
      seed: own.seed ?? seed,
    });
  },
});

async function noSources(dataset: Dataset): Promise<never> {
  const label = (await dataset.column?.("label")) === undefined ? "" : ", such as label";
  throw new MillraceError("OPTION_INVALID", "per-source-batch needs a spec with `sources`, or a `column`", {
    hint: `Name the column that tells sources apart${label}.`,
  });
}
