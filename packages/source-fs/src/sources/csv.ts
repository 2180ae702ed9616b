/** Tables in CSV files: columns of numbers as features, others as fields of their own, one as the label. */
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  type ColumnField,
  columnsOption,
  columnTypes,
  type Dataset,
  type DType,
  defineSource,
  LoggerService,
  MillraceError,
  missingWords,
  type NdArray,
  readColumns,
} from "@millrace/core";
import { gather } from "@millrace/core/dataloader";
import { z } from "zod";
import { imageRoot, imagesOption, picturesFingerprint, withPictures } from "../csv/image-columns.js";
import { csvInputs } from "../csv/inputs.js";
import { lineOf } from "../lines/line-numbers.js";
import { readColumn } from "../csv/other-columns.js";
import { factsOf, readOpening, type Shared } from "../csv/opening.js";
import { storedField } from "../csv/stored.js";
import { inputPath } from "../files/open.js";
import { imageReader } from "../images/image-reader.js";

/** One row: its features in the order of the columns, a label where `label` is set, and the fields of `columns`. */
export interface CsvSample {
  readonly features?: Float32Array;
  /** A class index or a number. */
  readonly label?: number;
  readonly [field: string]: unknown;
}

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "CSV file; what is asked for of it is held once for all threads: 4 bytes per feature value, 4 or 8 per label or number, and texts, each different one once where there are few",
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
  images: imagesOption
    .prefault({})
    .describe(
      "how the files that columns of type image name are read: `root`, the folder of their paths (the file's own by default), and `mode`, `background`, `autoOrient`, `decoder`, `reduce`, `maxPixels`, `onWarning` as `image-folder` has them",
    ),
  delimiter: z
    .union([z.literal("auto"), z.string().length(1)])
    .default("auto")
    .describe("character between values; auto takes the likeliest of , ; tab | from the first line"),
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

type CsvOptions = z.output<typeof options>;

export default defineSource({
  name: "csv",
  summary: "rows of a CSV file as features, label and fields with types",
  options,
  needs: { logger: LoggerService },
  async create(settings, { baseUrl, facts: known, shared: given, logger }): Promise<Dataset<CsvSample>> {
    const path = inputPath(settings.path, baseUrl);
    const fields = fieldsOf(settings);
    const shared =
      (given as Shared | undefined) ?? (await readOpening(path, settings, fields, known, logger));
    const { table, label, classes } = shared;
    const { features, values, lines, rows: length } = table;
    const width = features.length;
    // Numbers to be predicted are float32 in every batch, whole or not.
    const labelType: DType = classes === undefined ? "float32" : "int32";
    const places = new Map(features.map((name, place) => [name, place]));
    const names = new Set(table.names);
    const plain = fields.map((field, i) => storedField(field, shared.stored[i], length));
    const pictures = {
      root: imageRoot(path, settings.images, fileURLToPath(baseUrl)),
      reader: shared.images && imageReader(settings.images, shared.images, logger),
    };
    const columns = withPictures(plain, fields, pictures);
    const arrays: readonly (readonly [string, NdArray])[] = [
      ...(width > 0
        ? [["features", { dtype: "float32", shape: [length, width], data: values }] as const]
        : []),
      ...(label ? [["label", { dtype: labelType, shape: [length], data: label }] as const] : []),
    ];
    return {
      length,
      facts: factsOf(fields, shared),
      fields: {
        ...(width > 0 && { features: { type: "float32", shape: [width] } }),
        ...(label && { label: { type: labelType } }),
        ...columnTypes(fields),
      },
      get(index) {
        const row = checkIndex(index, length);
        const sample: Record<string, unknown> = {};
        if (width > 0) sample.features = values.slice(row * width, (row + 1) * width);
        if (label !== undefined) sample.label = label[row];
        for (let i = 0; i < columns.length; i++) sample[fields[i].field] = columns[i].get(row);
        return sample;
      },
      ...(pictures.reader === undefined && {
        getBatch(indices, _context, allocator) {
          const batch: Record<string, unknown> = {};
          for (const [name, array] of arrays) batch[name] = gather(array, indices, allocator);
          for (let i = 0; i < columns.length; i++)
            batch[fields[i].field] = columns[i].batch(indices, allocator);
          return batch;
        },
      }),
      key: (index) => `${settings.path}:${lineOf(lines, index)}`,
      column(name) {
        if (name === "label" && label !== undefined) return label;
        const typed = plain[fields.findIndex(({ field }) => field === name)]?.column();
        if (typed !== undefined) return typed;
        if (name === settings.label)
          return classes ? Array.from(label ?? [], (code) => classes[code]) : label;
        const place = places.get(name);
        if (place !== undefined)
          return Float32Array.from({ length }, (_, row) => values[row * width + place]);
        return names.has(name) ? readColumn(path, settings, name, table) : undefined;
      },
      fingerprint: async () =>
        pictures.reader === undefined
          ? table.fingerprint
          : `${table.fingerprint} ${await picturesFingerprint(plain, fields, pictures, length)}`,
      share: () => shared,
    };
  },
  inputs: (settings, { facts }) => csvInputs(settings, fieldsOf(settings), facts),
});

/** The fields of `columns`. Errors: OPTION_INVALID where one has the name of `features` or `label`, or no length. */
function fieldsOf({ columns, features, label }: CsvOptions): ColumnField[] {
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
