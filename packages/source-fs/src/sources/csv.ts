/** Tables in CSV files: numeric columns as features, one column as the label. */
import {
  checkIndex,
  classLabels,
  type Dataset,
  type DatasetFacts,
  defineSource,
  defaultCollate,
  didYouMean,
  fingerprintFiles,
  MillraceError,
} from "@millrace/core";
import { z } from "zod";
import { type ColumnBuilder, numberColumn, type TextColumn, textColumn } from "../csv/columns.js";
import { readCsv } from "../csv/file.js";
import { csvInputs } from "../csv/inputs.js";
import { inputPath } from "../input-file.js";

/** One row: its features in the order of the columns, and a class index or a number where `label` is set. */
export interface CsvSample {
  readonly features: Float32Array;
  readonly label?: number;
}

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe("CSV file; each thread holds it: 4 bytes per feature value, text columns by distinct value"),
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
  encoding: z.string().default("utf-8").describe("text encoding of the file"),
});

type CsvOptions = z.output<typeof options>;
type Column = ArrayLike<number | string>;

export default defineSource({
  name: "csv",
  summary: "rows of a CSV file as features and label",
  options,
  async create(settings, { baseUrl, facts: known }): Promise<Dataset<CsvSample>> {
    const path = inputPath(settings.path, baseUrl);
    const table = await readTable(path, settings);
    const { label, facts } = labelsOf(path, settings, table, known?.labels);
    const features = table.features.map((name) => table.column(name) as Float32Array);
    const { length } = features[0];
    return {
      length,
      facts: { ...facts, features: table.features },
      get(index) {
        checkIndex(index, length);
        const row = new Float32Array(features.length);
        for (let i = 0; i < row.length; i++) row[i] = features[i][index];
        return label === undefined ? { features: row } : { features: row, label: label[index] };
      },
      getBatch(indices, _context, allocator) {
        const batch = allocator.allocate("float32", [indices.length, features.length]);
        features.forEach((column, i) => {
          for (let row = 0, at = i; row < indices.length; row++, at += features.length) {
            batch.data[at] = column[indices[row]];
          }
        });
        if (label === undefined) return { features: batch };
        const labels = indices.map((index) => label[index]);
        return { features: batch, label: defaultCollate(labels, allocator) };
      },
      fingerprint: () => fingerprintFiles([path]),
      column: (name) => (name === "label" && label !== undefined ? label : table.column(name)),
    };
  },
  inputs: (settings, { facts }) => csvInputs(settings, facts),
});

interface Table {
  readonly features: readonly string[];
  /** The label column, where it holds classes. */
  readonly classes?: TextColumn;
  column(name: string): Column | undefined;
}

async function readTable(path: string, options: CsvOptions): Promise<Table> {
  const columns = new Map<string, ColumnBuilder & { values(): Column }>();
  let features: readonly string[] = [];
  let classes: TextColumn | undefined;
  await readCsv(path, options, (names) => {
    features = featuresOf(path, options, names);
    for (const name of names) {
      if (features.includes(name)) columns.set(name, numberColumn(path, name, "float32"));
      else if (name === options.label && options.labelType === "number") {
        columns.set(name, numberColumn(path, name, "float64"));
      } else {
        const text = textColumn();
        columns.set(name, text);
        if (name === options.label) classes = text;
      }
    }
    const builders = [...columns.values()];
    return (values, line) => {
      for (let i = 0; i < values.length; i++) builders[i].push(values[i], line);
    };
  });
  return { features, classes, column: (name) => columns.get(name)?.values() };
}

function featuresOf(path: string, { features, label }: CsvOptions, names: readonly string[]): string[] {
  const chosen = features ?? names.filter((name) => name !== label);
  for (const name of label === undefined ? chosen : [label, ...chosen]) {
    if (names.includes(name)) continue;
    throw invalid(path, `column "${name}" is not in the file${didYouMean(name, names)}`, names);
  }
  if (chosen.length === 0)
    throw invalid(path, "at least one column must be a feature, but the label is alone", names);
  if (label !== undefined && chosen.includes(label)) {
    throw invalid(path, `the label "${label}" must not be among the features`, names);
  }
  const twice = chosen.find((name, index) => chosen.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(path, `feature "${twice}" must be named once`, names);
  return [...chosen];
}

function labelsOf(
  path: string,
  { label }: CsvOptions,
  table: Table,
  known: readonly string[] | undefined,
): { label?: ArrayLike<number>; facts: DatasetFacts } {
  if (label === undefined) return { facts: {} };
  const { classes } = table;
  if (classes === undefined) return { label: table.column(label) as Float64Array, facts: {} };
  const distinct = classes.distinct();
  const { labels, indexOf } = classLabels(
    distinct.map(({ value }) => value),
    known,
  );
  const indices = distinct.map(({ value, line }) => {
    const place = `${path}:${line}`;
    if (value !== "") return indexOf(value, () => `${place}: column "${label}"`);
    throw new MillraceError("LABEL_UNKNOWN", `column "${label}" must not be blank`, {
      where: [place],
      hint: "Correct the value.",
    });
  });
  return { label: classes.codes().map((code) => indices[code]), facts: { labels } };
}

function invalid(path: string, message: string, names: readonly string[]): MillraceError {
  return new MillraceError("OPTION_INVALID", message, {
    where: [path],
    hint: `The columns are: ${names.join(", ")}.`,
  });
}
