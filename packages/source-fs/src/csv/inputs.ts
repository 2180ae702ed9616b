/** Rows of CSV files, and values by name, as samples for a model that a table has trained. */
import {
  type DatasetFacts,
  didYouMean,
  type LooseFault,
  type LooseSample,
  MillraceError,
  type SourceInputs,
} from "@millrace/core";
import type { CsvFormat } from "./dialect.js";
import { decimal } from "./numbers.js";
import { readRows } from "./reader.js";

interface Row {
  readonly values: readonly string[];
  readonly line: number;
}

/** Takes the columns that the model was trained on by their names, in any order, and ignores all others. */
export function csvInputs(format: CsvFormat, { features }: DatasetFacts): SourceInputs {
  return {
    endings: [".csv", ".tsv"],
    about: { features },
    async *read(path) {
      const names = known(features);
      let columns: readonly number[] | undefined;
      let width = 0;
      for await (const row of rowsOf(path, format)) {
        if (columns === undefined) {
          width = row.values.length;
          columns = columnsOf(path, names, format.header ? row.values : undefined, width);
          if (format.header) continue;
        }
        yield sampleOf(path, row, { names, columns, width });
      }
    },
    fromValues(values) {
      const { features: given } = values;
      const list = Array.isArray(given) ? given : known(features).map((name) => fieldOf(values, name));
      const row = Float32Array.from(list as unknown[], (value, i) => finite(value, features?.[i] ?? `${i}`));
      if (features === undefined || row.length === features.length) return { features: row };
      throw new MillraceError(
        "INPUT_INVALID",
        `features must have ${features.length} numbers, one for each of ${features.join(", ")}; had ${row.length}`,
      );
    },
  };
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
}

function sampleOf(path: string, row: Row, { names, columns, width }: Layout): LooseSample | LooseFault {
  const name = `${path}:${row.line}`;
  try {
    if (row.values.length !== width) {
      throw new MillraceError(
        "INPUT_INVALID",
        `a row must have ${width} values, as the first line has, had ${row.values.length}`,
      );
    }
    const features = Float32Array.from(columns, (column, i) => finite(row.values[column], names[i]));
    return { name, sample: { features } };
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

function finite(value: unknown, name: string): number {
  const number = typeof value === "string" ? decimal(value) : typeof value === "number" ? value : Number.NaN;
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
