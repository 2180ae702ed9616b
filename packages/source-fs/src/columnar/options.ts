/** The options that all sources over files with columns share. */
import { columnsOption, pathOption } from "@millrace/core";
import { z } from "zod";

export const defaultCacheBytes = 256 * 2 ** 20;

export const imagesNote =
  "how columns of type image are read, which hold bytes of image files or name them: `root`, the folder of such names (the first file's own by default), and `mode`, `background`, `autoOrient`, `decoder`, `onWarning` as `image-folder` has them";

/** `format` and `block` are what people call them: "Parquet", "row group". */
export const columnarShape = (format: string, block: string) => ({
  path: z
    .union([pathOption(), z.array(pathOption()).min(1)])
    .describe(
      `${format} file, several, or a pattern such as data/*.${format.toLowerCase()}, relative to the spec; all must have the same columns, and follow each other in the order of their names`,
    ),
  label: z.string().optional().describe("column with the answer; without it samples have no label"),
  labelType: z
    .enum(["class", "number"])
    .default("class")
    .describe(
      "class: values are names, labels their indices in sorted order, found by reading the column once at opening; number: the value itself",
    ),
  features: z
    .array(z.string())
    .optional()
    .describe(
      "numeric columns that make the features, in this order; all numeric ones but the label if left out, none if there are `columns`",
    ),
  columns: columnsOption
    .default({})
    .describe(
      'columns that become fields of their own, by type and policy: { "age": "float32?", "sex": "class", "embedding": "float32[384]", "size": { "type": "float32", "from": "box.width" } }',
    ),
  access: z
    .enum(["blocks", "stream"])
    .default("blocks")
    .describe(
      `blocks: samples by index, from ${plural(block)} that are read whole and kept, for the sampler block-shuffle and for reading in order; stream: rows one after the other, of which one ${block} is kept`,
    ),
  cacheBytes: z
    .int()
    .positive()
    .default(defaultCacheBytes)
    .describe(
      `most bytes of decoded ${plural(block)} that are kept, in each thread that reads; one ${block} has to fit; 256 MB by default`,
    ),
});

function plural(block: string): string {
  return block.endsWith("ch") ? `${block}es` : `${block}s`;
}

/** What these options come to. */
export interface ColumnarOptions {
  readonly label?: string | undefined;
  readonly labelType: "class" | "number";
  readonly features?: readonly string[] | undefined;
  readonly columns: z.output<typeof columnsOption>;
  readonly access: "blocks" | "stream";
  readonly cacheBytes: number;
}
