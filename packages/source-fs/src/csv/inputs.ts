/** Rows of CSV files, and values by name, as samples for a model that a table has trained. */
import {
  type ColumnField,
  type DatasetFacts,
  didYouMean,
  type LooseFault,
  type LooseSample,
  MillraceError,
  numberReader,
  requireOnce,
  type SourceInputs,
} from "@millrace/core";
import type { CsvFormat } from "./dialect.js";
import type { ImagesOption } from "./image-columns.js";
import { type RowFields, typedInputs } from "./typed-inputs.js";
import { readRows } from "./reader.js";

interface Row {
  readonly values: readonly string[];
  readonly line: number;
}

/** What is known of the samples that the model was trained on. */
export interface InputSettings extends CsvFormat {
  readonly thousands?: string | undefined;
  readonly missing: readonly string[];
  readonly images: ImagesOption;
}

/**
 * Takes the columns that the model was trained on by their names, in any order, and ignores all others. A field of `fields`
 * whose column is not there is left out, for it may be the answer.
 */
export function csvInputs(
  settings: InputSettings,
  fields: readonly ColumnField[],
  facts: DatasetFacts,
): SourceInputs {
  // Without fields of their own, all columns that are read are features.
  const hasFeatures =
    fields.length === 0 ||
    (facts.features !== undefined && !fields.some(({ field }) => field === "features"));
  const features = hasFeatures ? facts.features : [];
  const number = numberReader(settings);
  const typed = typedInputs(settings, fields, facts);
  return {
    endings: [".csv", ".tsv"],
    about: { features: facts.features, ...(fields.length > 0 && aboutColumns(settings, fields, facts)) },
    async *read(path) {
      const names = known(features);
      let columns: readonly number[] | undefined;
      let readFields: RowFields = () => ({});
      let width = 0;
      for await (const row of rowsOf(path, settings)) {
        if (columns === undefined) {
          width = row.values.length;
          const header = settings.header ? row.values : undefined;
          if (header !== undefined)
            requireOnce(
              path,
              [...names, ...fields.flatMap(({ field, from }) => (field === "label" ? [] : from))],
              header,
            );
          columns = columnsOf(path, names, header, width);
          readFields = typed.inRows(path, header ?? row.values.map((_, i) => `${i}`));
          if (settings.header) continue;
        }
        yield sampleOf(path, row, { names, columns, width, number, readFields });
      }
    },
    fromValues(values, folder) {
      const others = typed.inValues(values, folder);
      if (!hasFeatures) return others;
      const { features: given } = values;
      const list = Array.isArray(given) ? given : known(features).map((name) => fieldOf(values, name));
      const row = Float32Array.from(list as unknown[], (value, i) =>
        finite(value, features?.[i] ?? `${i}`, number),
      );
      if (features === undefined || row.length === features.length) return { features: row, ...others };
      throw new MillraceError(
        "INPUT_INVALID",
        `features must have ${features.length} numbers, one for each of ${features.join(", ")}; had ${row.length}`,
      );
    },
  };
}

/** The columns with the names of their classes, and how what stands in them is written. */
function aboutColumns(
  { decimal, thousands, missing }: InputSettings,
  fields: readonly ColumnField[],
  { labels, categories }: DatasetFacts,
): Readonly<Record<string, unknown>> {
  const columns = fields.map((column) => {
    const names = column.field === "label" ? labels : categories?.[column.field];
    return names === undefined ? column : { ...column, labels: names };
  });
  return { columns, decimal, ...(thousands !== undefined && { thousands }), missing };
}

function known(features: readonly string[] | undefined): readonly string[] {
  if (features !== undefined) return features;
  throw new MillraceError("INPUT_INVALID", "the run must know the names of its feature columns, does not", {
    hint: "Train again, or give lines of JSON Lines with a list of `features`.",
  });
}

function columnsOf(
  path: string,
  names: readonly string[],
  header: readonly string[] | undefined,
  width: number,
): readonly number[] {
  // Without a header and without the label, the columns have lost their numbers but not their order.
  if (header === undefined && width === names.length) return names.map((_, i) => i);
  const there = header ?? Array.from({ length: width }, (_, i) => `${i}`);
  const placeOf = new Map(there.map((name, place) => [name, place]));
  const missing = names.filter((name) => !placeOf.has(name));
  if (missing.length === 0) return names.map((name) => placeOf.get(name) ?? -1);
  const list = missing.map((name) => `"${name}"${didYouMean(name, there)}`).join(", ");
  throw new MillraceError(
    "INPUT_INVALID",
    `the file must have every column that the model was trained on, lacks ${list}`,
    { where: [path], hint: `It has: ${there.join(", ")}.` },
  );
}

interface Layout {
  readonly names: readonly string[];
  readonly columns: readonly number[];
  readonly width: number;
  readonly number: (text: string) => number;
  readonly readFields: RowFields;
}

function sampleOf(
  path: string,
  row: Row,
  { names, columns, width, number, readFields }: Layout,
): LooseSample | LooseFault {
  const name = `${path}:${row.line}`;
  try {
    if (row.values.length !== width) {
      throw new MillraceError(
        "INPUT_INVALID",
        `a row must have ${width} values, as the first line has, had ${row.values.length}`,
      );
    }
    const features = Float32Array.from(columns, (column, i) => finite(row.values[column], names[i], number));
    return { name, sample: { ...(names.length > 0 && { features }), ...readFields(row.values) } };
  } catch (error) {
    if (error instanceof MillraceError) return { name, error };
    throw error;
  }
}

function fieldOf(values: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  const there = Object.keys(values);
  throw new MillraceError("INPUT_INVALID", `"${name}" is missing${didYouMean(name, there)}`, {
    hint: `There is: ${there.join(", ") || "nothing"}.`,
  });
}

function finite(value: unknown, name: string, read: (text: string) => number): number {
  const number = typeof value === "string" ? read(value) : typeof value === "number" ? value : Number.NaN;
  if (Number.isFinite(Math.fround(number))) return number;
  throw new MillraceError("INPUT_INVALID", `"${name}" must be a finite number, was ${JSON.stringify(value)}`);
}

/** Rows as the file is read, at most those of one piece at a time in memory. Errors: FILE_NOT_FOUND, FILE_FORMAT. */
async function* rowsOf(path: string, format: CsvFormat): AsyncGenerator<Row> {
  let rows: Row[] = [];
  for await (const _ of readRows(path, format, "the input", (values, line) => rows.push({ values, line }))) {
    const found = rows;
    rows = [];
    yield* found;
  }
}
