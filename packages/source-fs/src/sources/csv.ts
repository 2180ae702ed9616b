/** Tables in CSV files: numeric columns as features, one column as the label. */
import {
  checkIndex,
  classLabels,
  type Dataset,
  type DType,
  defineSource,
  MillraceError,
} from "@millrace/core";
import { gather } from "@millrace/core/dataloader";
import { z } from "zod";
import { csvInputs } from "../csv/inputs.js";
import { lineOf } from "../csv/line-numbers.js";
import { readColumn } from "../csv/other-columns.js";
import { readTable, type Table } from "../csv/table.js";
import { inputPath } from "../files/open.js";

/** One row: its features in the order of the columns, and a class index or a number where `label` is set. */
export interface CsvSample {
  readonly features: Float32Array;
  readonly label?: number;
}

/** What pandas takes for a missing value. */
const missingWords =
  "#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null".split(
    ",",
  );

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe("CSV file; one copy for all threads: 4 bytes per feature value, 4 or 8 per label"),
  label: z.string().optional().describe("column with the answer; without it samples have no label"),
  labelType: z
    .enum(["class", "number"])
    .default("class")
    .describe("class: values are names, labels their indices in sorted order; number: the value itself"),
  features: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("numeric columns that make the features, in this order; all but the label if left out"),
  delimiter: z
    .union([z.literal("auto"), z.string().length(1)])
    .default("auto")
    .describe("character between values; auto takes the likeliest of , ; tab | from the first line"),
  header: z
    .boolean()
    .default(true)
    .describe('the first line names the columns; otherwise they are "0", "1", …'),
  encoding: z
    .string()
    .default("utf-8")
    .describe("text encoding of the file; a byte order mark at its start counts more"),
  missing: z
    .array(z.string())
    .default(missingWords)
    .describe(
      "class names, beside blank ones, that mean no value and are refused; [] takes them all as names",
    ),
});

type CsvOptions = z.output<typeof options>;

/** What threads are given: the table, and what its labels came to. */
interface Shared {
  readonly table: Omit<Table, "classes" | "targets">;
  readonly label?: Int32Array | Float64Array;
  readonly classes?: readonly string[];
}

export default defineSource({
  name: "csv",
  summary: "rows of a CSV file as features and label",
  options,
  async create(settings, { baseUrl, facts: known, shared: given }): Promise<Dataset<CsvSample>> {
    const path = inputPath(settings.path, baseUrl);
    const shared = (given as Shared | undefined) ?? (await opened(path, settings, known?.labels));
    const { table, label, classes } = shared;
    const { features, values, lines } = table;
    const width = features.length;
    const length = values.length / width;
    const rows = { dtype: "float32", shape: [length, width], data: values } as const;
    // Numbers to be predicted are float32 in every batch, whole or not.
    const labelType: DType = classes === undefined ? "float32" : "int32";
    const places = new Map(features.map((name, place) => [name, place]));
    const names = new Set(table.names);
    return {
      length,
      facts: { ...(classes && { labels: classes }), features },
      fields: {
        features: { type: "float32", shape: [width] },
        ...(label && { label: { type: labelType } }),
      },
      get(index) {
        const start = checkIndex(index, length) * width;
        const row = new Float32Array(width);
        for (let i = 0; i < width; i++) row[i] = values[start + i];
        return label === undefined ? { features: row } : { features: row, label: label[index] };
      },
      getBatch(indices, _context, allocator) {
        const batch = gather(rows, indices, allocator);
        if (label === undefined) return { features: batch };
        const labels = { dtype: labelType, shape: [length], data: label };
        return { features: batch, label: gather(labels, indices, allocator) };
      },
      key: (index) => `${settings.path}:${lineOf(lines, index)}`,
      column(name) {
        if (name === "label" && label !== undefined) return label;
        if (name === settings.label)
          return classes ? Array.from(label ?? [], (code) => classes[code]) : label;
        const place = places.get(name);
        if (place !== undefined)
          return Float32Array.from({ length }, (_, row) => values[row * width + place]);
        return names.has(name) ? readColumn(path, settings, name, table) : undefined;
      },
      fingerprint: () => table.fingerprint,
      share: () => shared,
    };
  },
  inputs: (settings, { facts }) => csvInputs(settings, facts),
});

async function opened(
  path: string,
  options: CsvOptions,
  known: readonly string[] | undefined,
): Promise<Shared> {
  const { classes, targets, ...table } = await readTable(path, options);
  if (classes === undefined) return { table, ...(targets && { label: targets }) };
  const { labels, indexOf } = classLabels(
    classes.distinct.map(({ value }) => value),
    known,
  );
  const none = new Set(known === undefined ? options.missing : []);
  const indices = classes.distinct.map(({ value, line }) => {
    const where = `${path}:${line}: column "${options.label}"`;
    if (value.trim() === "" || none.has(value)) throw noClass(value, where);
    return indexOf(value, () => where);
  });
  // In their place: nobody has seen the codes yet.
  const label = classes.codes;
  for (let i = 0; i < label.length; i++) label[i] = indices[label[i]];
  return { table, label, classes: labels };
}

function noClass(value: string, where: string): MillraceError {
  const isBlank = value.trim() === "";
  return new MillraceError(
    "LABEL_UNKNOWN",
    isBlank ? "a class must not be blank" : `a class must be more than a word for none, was "${value}"`,
    { where: [where], hint: isBlank ? "Fill it in, or remove the row." : missingHint },
  );
}

const missingHint =
  "Fill it in, or remove the row; if it is the name of a class, leave it out of the words in `missing`.";
