/** Options that several samplers and batch samplers have, described once. */
import { z } from "zod";

export const seed = z.int().nonnegative().optional().describe("instead of the run's seed");

/** The name of a column or field. */
export const name = z.string().min(1);

export const batchSize = z.int().positive().describe("samples per batch");

export const dropLast = z.boolean().default(false);

/** Where lengths come from; for `z.strictObject`, with `oneOfLengths` behind it. */
export const lengthsOptions = {
  column: name
    .optional()
    .describe(
      'column of lengths, or of texts whose characters count; by default "length" where the source knows it',
    ),
  field: name
    .optional()
    .describe(
      "field whose length counts, where no column has it: the loader's workers read every sample once before the first epoch, and what they find is kept for later runs; by default the first that has one",
    ),
};

export function oneOfLengths({ column, field }: { column?: string | undefined; field?: string | undefined }) {
  return column === undefined || field === undefined;
}

export const lengthsExclude = { error: "column and field exclude each other", path: ["field"] };
