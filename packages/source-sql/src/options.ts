/** The options that say what is read and what a sample is made of: the same for every database. */
import { columnsOption, imageOptions, MillraceError } from "@millrace/core";
import { z } from "zod";
import type { Asked } from "./driver.js";
import { oneSelect } from "./statement/one-select.js";

const column = z.string().min(1);

export const readShape = {
  table: z.string().min(1).optional().describe("the table or view to read: one row is one sample"),
  query: z
    .string()
    .min(1)
    .optional()
    .describe(
      "one SELECT to read instead of a table, with joins and WITH as you like; each batch runs it for its keys, so what they are compared with should have an index",
    ),
  values: z
    .array(z.union([z.string(), z.number(), z.null()]))
    .default([])
    .describe("what stands for each `?` of `query`, in their order; default none"),
};

const keyNote =
  "costs 4 to 8 bytes of memory per row, or 8 and the text itself, however many workers there are";

/** `otherwise` says what identifies a row where nobody names it. */
export const sampleShape = (otherwise: string, access: "random" | "blocks" = "random") => ({
  key: z
    .union([column, z.array(column).min(1)])
    .optional()
    .describe(
      `a column of unique integers or texts that identifies a row, or several that do so together, indexed if reading is to be fast (each batch scans the table otherwise); default: ${otherwise}; ${keyNote}`,
    ),
  features: z
    .array(column)
    .optional()
    .describe(
      "numeric columns that make up `features`, in this order; default: every column of numeric type but key, label and `columns`; [] for none",
    ),
  label: column.optional().describe("the column to be predicted, as `label`; default: samples have no label"),
  labelType: z
    .enum(["class", "number"])
    .default("class")
    .describe(
      "class: each distinct value is a class, and `label` its index in sorted order, found by one scan at opening; number: `label` is the value itself; default class",
    ),
  columns: z
    .union([z.array(column), columnsOption])
    .default([])
    .describe(
      'columns that pass through under their own names: numbers, texts, bytes, NULL as null; or fields with types and a policy for NULL, such as { "when": "date", "age": { "type": "float32", "missing": { "fill": 0 } }, "embedding": "float32[384]" }; default none',
    ),
  images: imageOptions
    .prefault({})
    .describe(
      "how columns of type image are read: `mode`, `background`, `autoOrient`, `decoder`, `reduce`, `maxPixels`, `onWarning` as the source image-folder of @millrace/source-fs has them, which decodes them",
    ),
  access: z
    .enum(["random", "blocks", "stream"])
    .default(access)
    .describe(
      `random: one query for the rows of a batch; blocks: neighbours are read together and kept, up to 64 MB in each thread, for the sampler block-shuffle and for reading in order; stream: rows one after the other in the order of their keys, of which none is kept, or as they come where nothing identifies them; default ${access}`,
    ),
  blockSize: z
    .int()
    .positive()
    .default(16_384)
    .describe(
      "rows of a block, at most 256 where there are images; the sampler's `blockSize` should be the same; default 16384",
    ),
});

/** What is read, of the two ways to say it. */
export interface ReadOptions {
  readonly table?: string | undefined;
  readonly query?: string | undefined;
  readonly values: readonly (string | number | null)[];
}

/** One of `table` and `query`. */
export const eitherOne = {
  check: ({ table, query }: Pick<ReadOptions, "table" | "query">): boolean =>
    (table === undefined) !== (query === undefined),
  fault: { message: "must have `table` or `query`, and not both", path: ["table"] },
};

/** @throws MillraceError OPTION_INVALID for a query that is more than one SELECT, or has other placeholders. */
export function askedBy({ table, query, values }: ReadOptions): Asked {
  if (query === undefined) return { table: table as string };
  const { text, placeholders } = oneSelect(query);
  if (placeholders === values.length) return { query: text, values };
  throw new MillraceError(
    "OPTION_INVALID",
    `\`values\` must have one value for each of the ${placeholders} \`?\` of \`query\`, has ${values.length}`,
    { path: ["values"], hint: "Give them in the order of the `?`." },
  );
}
