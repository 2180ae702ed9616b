/** Samples written in the spec itself: small tables, tests, first steps. */
import { z } from "zod";
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import { inferFields, infers } from "../data/field-types.js";
import { fromArray } from "../data/datasets/array.js";
import { MillraceError } from "../errors.js";
import { type ColumnField, columnsOption, columnTypes, readColumns } from "../kit/columns/columns.js";
import { missingTexts } from "../kit/columns/texts.js";
import { dropped, valueReader } from "../kit/columns/values.js";
import { checkIndex } from "../kit/index-rule.js";
import { classLabels, type ClassLabels } from "../kit/labels.js";
import { defineSource } from "../plugin/plugin.js";

const single = z.union([z.number(), z.boolean(), z.string(), z.null()]);
const value = z.union([single, z.array(z.union([z.number(), z.null()]))]);

const options = z.strictObject({
  samples: z
    .array(z.record(z.string(), value))
    .min(1)
    .describe(
      "the samples: objects of numbers, booleans, strings and lists of numbers, null where a column may miss its value; all of it is held in memory",
    ),
  label: z
    .string()
    .default("label")
    .describe(
      "the field whose strings are class names: they become indices into the names in order (numeric if all are numbers)",
    ),
  columns: columnsOption
    .default({})
    .describe(
      'fields of which the type is stated, such as { "age": "float32?", "when": "date" }; others are taken by their values',
    ),
});

type Sample = Readonly<Record<string, z.output<typeof value>>>;

export default defineSource({
  name: "memory",
  summary: "samples written in the spec",
  options,
  create({ samples, label, columns }, { facts: known }) {
    const fields = readColumns(columns);
    const byValues = untyped(samples, label, fields, known);
    const { rows, facts } = typed(byValues, fields, known);
    const stated = {
      ...(byValues.facts.labels && { [label]: { type: "int32" } as const }),
      ...columnTypes(fields),
    };
    const dataset: Dataset = {
      ...fromArray(rows),
      fields: stated,
      length: rows.length,
      get: (index) => rows[checkIndex(index, rows.length)],
      column: (name) => columnOf(rows, name),
      facts,
      // The options are all there is.
      fingerprint: () => "written in the spec",
    };
    return infers(dataset, () => inferFields(rows));
  },
});

interface Rows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly facts: DatasetFacts;
}

/** Fields by their values: lists of numbers are float32 vectors, a label of strings is its class. */
function untyped(
  samples: readonly Sample[],
  label: string,
  fields: readonly ColumnField[],
  known: DatasetFacts | undefined,
): Rows {
  const isTyped = new Set(fields.flatMap(({ field, from }) => [field, ...from]));
  // Labels that are all numbers are answers as they stand.
  const named = !isTyped.has(label) && samples.some((sample) => typeof sample[label] === "string");
  const classes = named
    ? classLabels(
        samples.map((sample) => String(sample[label])),
        known?.labels,
      )
    : undefined;
  const rows = samples.map((sample, row) => ({
    ...mapEntries(sample, (field, name) =>
      Array.isArray(field) && !isTyped.has(name)
        ? Float32Array.from(field, (item) => item ?? Number.NaN)
        : field,
    ),
    ...(classes && { [label]: classes.indexOf(String(sample[label]), () => `sample ${row}`) }),
  }));
  return { rows, facts: classes === undefined ? {} : { labels: classes.labels } };
}

/** With the fields that are stated, read as they say; rows are left out where a column says so. */
function typed({ rows, facts }: Rows, fields: readonly ColumnField[], known: DatasetFacts | undefined): Rows {
  if (fields.length === 0) return { rows, facts };
  const categories: Record<string, readonly string[]> = {};
  let labels: Pick<DatasetFacts, "labels"> = {};
  let place = "";
  const readers = fields.map((column) => {
    const { field, from } = column;
    const classes = classesOf(column, rows, known);
    if (classes !== undefined && field === "label") labels = { labels: classes.labels };
    else if (classes !== undefined) categories[field] = classes.labels;
    const fault = (rule: string, value: unknown): MillraceError =>
      new MillraceError("OPTION_INVALID", `"${field}" ${rule}, was ${JSON.stringify(value)}`, {
        where: [place],
        hint: "Correct the sample, or the type of the column.",
      });
    const read = valueReader(column, { fault, ...(classes && { classes }) });
    const values = (row: Readonly<Record<string, unknown>>): unknown =>
      from.length > 1 ? from.map((name) => row[name]) : row[from[0]];
    return (row: Readonly<Record<string, unknown>>) => [field, read(values(row))] as const;
  });
  const sources = new Set(fields.flatMap(({ from }) => from));
  const made = rows.flatMap((row, index) => {
    place = `sample ${index}`;
    const own = readers.map((read) => read(row));
    if (own.some(([, value]) => value === dropped)) return [];
    const others = Object.entries(row).filter(([name]) => !sources.has(name));
    return [Object.fromEntries([...others, ...own])];
  });
  const counted = Object.keys(categories).length > 0 ? { categories } : {};
  return { rows: made, facts: { ...facts, ...labels, ...counted } };
}

function classesOf(
  column: ColumnField,
  rows: Rows["rows"],
  known: DatasetFacts | undefined,
): ClassLabels | undefined {
  const { field, kind, from, labels, missing, mayMiss, missingWords } = column;
  if (kind !== "class") return undefined;
  const follow = (field === "label" ? known?.labels : known?.categories?.[field]) ?? labels;
  const isMissing = mayMiss ? missingTexts(missingWords) : () => false;
  const there = rows
    .map((row) => row[from[0]])
    .filter((name) => name !== null && name !== undefined)
    .map(String)
    .filter((name) => !isMissing(name));
  return classLabels([...there, ...(typeof missing === "object" ? [String(missing.fill)] : [])], follow);
}

function mapEntries(
  sample: Sample,
  map: (value: Sample[string], name: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sample).map(([key, field]) => [key, map(field, key)]));
}

function columnOf(rows: Rows["rows"], name: string): (number | string)[] | undefined {
  const values = rows.map((row) => row[name]);
  return values.every((field) => typeof field === "number" || typeof field === "string") ? values : undefined;
}
