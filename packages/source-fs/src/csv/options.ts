/** The options of tables in CSV files. */
import {
  type ColumnField,
  columnsOption,
  MillraceError,
  missingWords,
  readColumns,
  pathOption,
} from "@millrace/core";
import { z } from "zod";
import { whereOption } from "../lines/where.js";
import { imagesOption } from "./image-columns.js";

export const csvOptions = z.strictObject({
  path: pathOption(
    "CSV file, gzipped or not; what is asked for of it is held once for all threads: 4 bytes per feature value, 4 or 8 per label or number, and texts, each different one once where there are few",
  ),
  label: z.string().optional().describe("column with the answer; without it samples have no label"),
  labelType: z
    .enum(["class", "number"])
    .default("class")
    .describe("class: values are names, labels their indices in sorted order; number: the value itself"),
  features: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      "numeric columns that make the features, in this order; all but the label if left out, none if there are `columns`",
    ),
  columns: columnsOption
    .default({})
    .describe(
      'columns that become fields of their own, by type and policy: { "age": "float32?", "sex": "class", "when": { "type": "date", "format": "%d.%m.%Y" } }',
    ),
  where: whereOption,
  images: imagesOption
    .prefault({})
    .describe(
      "how the files that columns of type image name are read: `root`, the folder of their paths (the file's own by default), and `mode`, `background`, `autoOrient`, `decoder`, `reduce`, `maxPixels`, `onWarning` as `image-folder` has them",
    ),
  access: z
    .enum(["memory", "file"])
    .default("memory")
    .describe(
      "memory: what is asked for is read when the file is opened, and held; file: rows are read from it when they are asked for, and 8 bytes each are held, for files larger than memory; a row that is wrong is a bad sample then",
    ),
  delimiter: z
    .union([z.literal("auto"), z.string().length(1)])
    .default("auto")
    .describe(
      "character between values; auto takes the likeliest of , ; tab | from the first line, and a tab in it where the file's name ends in .tsv or .tab",
    ),
  quote: z
    .string()
    .regex(/^[\x20-\x7e]$/, "must be one ASCII character, or null")
    .nullable()
    .default('"')
    .describe(
      "character around values that hold delimiters or line ends, doubled within them; null takes quotes as plain text, as pandas's QUOTE_NONE does",
    ),
  header: z
    .boolean()
    .default(true)
    .describe('the first line names the columns; otherwise they are "0", "1", …'),
  comment: z
    .string()
    .min(1)
    .optional()
    .describe("what lines begin with that are no rows, such as #; none by default"),
  encoding: z
    .string()
    .default("utf-8")
    .describe("text encoding of the file; a byte order mark at its start counts more"),
  decimal: z
    .enum([".", ","])
    .default(".")
    .describe("decimal mark of numbers; with a comma, auto takes no comma for the delimiter"),
  thousands: z
    .string()
    .length(1)
    .optional()
    .describe("character between groups of three digits; none by default"),
  missing: z
    .array(z.string())
    .default([...missingWords])
    .describe(
      "texts, beside blank ones, that mean no value: refused as a label, and in `columns` what each says; [] takes them all as they stand",
    ),
});

export type CsvOptions = z.output<typeof csvOptions>;

/** The fields of `columns`. Errors: OPTION_INVALID where one has the name of `features` or `label`, or no length. */
export function fieldsOf({ columns, features, label }: CsvOptions): ColumnField[] {
  const taken = [
    ...(features === undefined ? [] : ["features"]),
    ...(label === undefined ? [] : ["label"]),
  ].find((name) => Object.hasOwn(columns, name));
  if (taken !== undefined) {
    throw new MillraceError(
      "OPTION_INVALID",
      `a field must come from one place, but "${taken}" is stated by \`${taken}\` and by \`columns\``,
      { path: ["columns", taken], hint: "Remove one of the two." },
    );
  }
  const fields = readColumns(columns);
  const open = fields.find(({ width }) => width === 0);
  if (open === undefined) return fields;
  throw new MillraceError(
    "OPTION_INVALID",
    `a vector in one column must say how many numbers it has, such as ${open.kind}[3], but "${open.field}" does not`,
    { path: ["columns", open.field] },
  );
}
