/** Samples written in the spec itself: small tables, tests, first steps. */
import { Readable } from "node:stream";
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
import type { SourceInputs } from "../plugin/inputs.js";
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
    const fields = readColumns(columns, { json: true });
    const picture = fields.find(({ kind }) => kind === "image");
    if (picture !== undefined) {
      throw new MillraceError(
        "OPTION_INVALID",
        `a spec holds no images, but "${picture.field}" is to be one`,
        {
          path: ["columns", picture.field],
          hint: "Read their paths by the source csv, or a folder of them by image-folder.",
        },
      );
    }
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
  inputs({ columns }, { facts }) {
    const fields = readColumns(columns, { json: true }).filter(({ field }) => field !== "label");
    return fields.length === 0 ? undefined : typedInputs(fields, facts);
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
  const named = fields.flatMap((column) => {
    const classes = classesOf(column, rows, known);
    return classes === undefined ? [] : [[column.field, classes.labels] as const];
  });
  const { label, ...categories } = Object.fromEntries(named);
  const made: DatasetFacts = {
    ...facts,
    ...(label && { labels: label }),
    ...(Object.keys(categories).length > 0 && { categories }),
    fields: columnTypes(fields),
  };
  let place = "";
  const read = rowReader(fields, made, (message) => {
    const hint = "Correct the sample, or the type of the column.";
    return new MillraceError("OPTION_INVALID", message, { where: [place], hint });
  });
  const sources = new Set(fields.flatMap(({ from }) => from));
  const kept = rows.flatMap((row, index) => {
    place = `sample ${index}`;
    const own = read(row);
    if (Object.values(own).includes(dropped)) return [];
    const others = Object.entries(row).filter(([name]) => !sources.has(name));
    return [{ ...Object.fromEntries(others), ...own }];
  });
  return { rows: kept, facts: made };
}

type RowReader = (row: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** Reads the fields of a row from their columns. */
function rowReader(
  fields: readonly ColumnField[],
  facts: DatasetFacts,
  fault: (message: string) => Error,
): RowReader {
  const readers = fields.map((column) => {
    const { field, from } = column;
    const labels = field === "label" ? facts.labels : facts.categories?.[field];
    const read = valueReader(column, {
      fault: (rule, value) => fault(`"${field}" ${rule}, was ${JSON.stringify(value) ?? "missing"}`),
      ...(labels && { classes: classLabels([], labels) }),
    });
    return (row: Readonly<Record<string, unknown>>) =>
      [field, read(from.length > 1 ? from.map((name) => row[name]) : row[from[0]])] as const;
  });
  return (row) => Object.fromEntries(readers.map((read) => read(row)));
}

/** Lines of JSON Lines, read as the samples were; what no column states is taken by its value. */
function typedInputs(fields: readonly ColumnField[], facts: DatasetFacts): SourceInputs {
  const fault = (message: string): MillraceError => new MillraceError("INPUT_INVALID", message);
  const sources = new Set(fields.flatMap(({ from }) => from));
  return {
    endings: [],
    // No file has such samples but those of JSON Lines.
    read: () => Readable.from([]),
    fromValues(values) {
      const there = fields.filter(
        ({ from, missing }) => missing === "null" || from.every((name) => Object.hasOwn(values, name)),
      );
      const own = rowReader(there, facts, fault)(values);
      const [left] = Object.entries(own).find(([, value]) => value === dropped) ?? [];
      if (left !== undefined)
        throw fault(`"${left}" must have a value: rows without one were left out in training`);
      const others = Object.entries(values).filter(([name]) => !sources.has(name));
      return { ...Object.fromEntries(others.map(([name, value]) => [name, asVector(value)])), ...own };
    },
  };
}

function asVector(value: unknown): unknown {
  return Array.isArray(value) ? Float32Array.from(value as readonly number[]) : value;
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
