/** A CSV file as a table: what was asked for of it, in shared memory, so that every thread reads the same rows. */
import { type ColumnField, didYouMean, fingerprintFiles, MillraceError, numberReader } from "@millrace/core";
import { stampOf } from "../files/stamp.js";
import type { ClassCodes } from "./classes.js";
import { type ColumnBuilder, columnBuilder } from "./column-builders.js";
import type { CsvFormat } from "./dialect.js";
import { type LineNumbers, lineCounter } from "../lines/line-numbers.js";
import { type RowFilter, rowFilter, type Where } from "../lines/where.js";
import { featureColumns, labelColumn } from "./plain-columns.js";
import { readRows } from "./reader.js";
import type { OnRow } from "./scan.js";

/** What of a table is wanted. */
export interface TableOptions extends CsvFormat {
  readonly label?: string;
  readonly labelType: "class" | "number";
  readonly features?: readonly string[];
  readonly fields: readonly ColumnField[];
  readonly thousands?: string | undefined;
  /** Texts that mean a missing value. */
  readonly missing: readonly string[];
  readonly where: Where;
}

export interface Table {
  /** By what the file is known to be the one that was read. */
  readonly stamp?: string;
  readonly fingerprint: string;
  /** All columns of the file. */
  readonly names: readonly string[];
  readonly rows: number;
  /** Rows that were left out, for a value that they miss. */
  readonly dropped: number;
  /** Rows that were not asked for. */
  readonly passed: number;
  readonly features: readonly string[];
  /** [rows, features]. */
  readonly values: Float32Array;
  readonly lines: LineNumbers;
  /** The label column where it holds numbers. */
  readonly targets?: Float64Array;
  /** The label column where it holds classes. */
  readonly classes?: ClassCodes;
  /** The columns with types, in the order of `fields`. */
  readonly builders: readonly ColumnBuilder[];
}

/**
 * Reads the table in the file at `path`; columns that are neither features nor label are not kept.
 * Errors: FILE_NOT_FOUND, FILE_FORMAT (no rows, ragged rows, repeated column names, values that are no numbers, a file
 * that changes meanwhile), OPTION_INVALID for columns that are not there.
 */
export async function readTable(path: string, options: TableOptions): Promise<Table> {
  const stamp = stampOf(path);
  const fingerprint = await fingerprintFiles([path]);
  const lines = lineCounter();
  let columns: Columns | undefined;
  const onRow = tableRows(path, options, (names) => {
    const made = columnsOf(path, options, names);
    columns = made;
    return (values, line) => {
      if (made.push(values, line)) lines.push(line);
    };
  });
  let isEmpty = true;
  for await (const _ of readRows(path, options, "path", (values, line) => {
    isEmpty = false;
    onRow(values, line);
  })) {
    // Rows have been taken.
  }
  if (stampOf(path) !== stamp) throw changed(path, "was changed while it was read");
  const table = columns?.finish();
  if (table === undefined || table.rows === 0) {
    if (columns?.filter !== undefined && columns.filter.passed > 0) throw columns.filter.nothing(path);
    throw noRows(path, options.header, isEmpty, table?.dropped ?? 0);
  }
  return { ...table, stamp, fingerprint, lines: lines.finish() };
}

export function changed(path: string, what: string): MillraceError {
  return new MillraceError("FILE_FORMAT", `a CSV file must stay as it is while it is used, but ${what}`, {
    where: [path],
    hint: "Start again when nobody writes to it any more.",
  });
}

/** Checks rows against the first; `onHeader` is given the names of the columns, what it returns the rows. */
export function tableRows(
  path: string,
  { header }: Pick<CsvFormat, "header">,
  onHeader: (names: readonly string[]) => OnRow,
): OnRow {
  let width = -1;
  let forward: OnRow | undefined;
  return (values, line) => {
    if (forward === undefined) {
      width = values.length;
      forward = onHeader(header ? checkedNames(path, values) : values.map((_, i) => `${i}`));
      if (header) return;
    }
    if (values.length !== width) throw ragged(path, line, values.length, width);
    forward(values, line);
  };
}

interface Columns {
  readonly filter: RowFilter | undefined;
  /** False where the row is left out. */
  push(values: readonly string[], line: number): boolean;
  finish(): Omit<Table, "stamp" | "fingerprint" | "lines">;
}

function columnsOf(path: string, options: TableOptions, names: readonly string[]): Columns {
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const filter = rowFilter(options.where);
  const filtered = (filter?.names ?? []).map((name) => {
    const place = placeOf.get(name);
    if (place !== undefined) return place;
    throw invalid(path, `column "${name}" is not in the file${didYouMean(name, names)}`, names);
  });
  const features = featuresOf(path, options, names, placeOf);
  const number = numberReader(options);
  const style = { path, number, missing: options.missing };
  const builders = options.fields.map((field) => {
    const at = field.from.map((name) => placeOf.get(name) ?? -1);
    return columnBuilder(field, at, style);
  });
  const dropping = builders.filter((_, i) => options.fields[i].missing === "drop");
  const vector = featureColumns(path, features, placeOf, number);
  const label = labelColumn(path, options, placeOf, number);
  let rows = 0;
  let dropped = 0;
  return {
    filter,
    push(values, line) {
      if (filter?.takes((place) => values[filtered[place]]) === false) return false;
      if (dropping.some((column) => column.drops(values))) {
        dropped++;
        return false;
      }
      rows++;
      vector.push(values, line);
      label.push(values, line);
      for (const column of builders) column.push(values, line);
      return true;
    },
    finish: () => ({
      names,
      rows,
      dropped,
      passed: filter?.passed ?? 0,
      features,
      ...vector.finish(),
      ...label.finish(),
      builders,
    }),
  };
}

/** The columns that make the features. Errors: OPTION_INVALID for columns that are not there. */
export function featuresOf(
  path: string,
  { features, label, fields }: Pick<TableOptions, "features" | "label" | "fields">,
  names: readonly string[],
  placeOf: ReadonlyMap<string, number>,
): readonly string[] {
  const chosen = features ?? (fields.length > 0 ? [] : names.filter((name) => name !== label));
  const asked = [...(label === undefined ? [] : [label]), ...chosen, ...fields.flatMap(({ from }) => from)];
  for (const name of asked) {
    if (placeOf.has(name)) continue;
    throw invalid(path, `column "${name}" is not in the file${didYouMean(name, names)}`, names);
  }
  if (chosen.length === 0 && fields.length === 0)
    throw invalid(path, "at least one column must be a feature, but the label is alone", names);
  if (label !== undefined && chosen.includes(label)) {
    throw invalid(path, `the label "${label}" must not be among the features`, names);
  }
  const twice = repeated(chosen);
  if (twice !== undefined) throw invalid(path, `feature "${twice}" must be named once`, names);
  return [...chosen];
}

function checkedNames(path: string, names: readonly string[]): readonly string[] {
  const twice = repeated(names);
  if (twice === undefined) return names;
  throw new MillraceError("FILE_FORMAT", `column names must differ, but "${twice}" stands there twice`, {
    where: [path],
    hint: "Rename one of them, or set `header` to false if the first line is data.",
  });
}

function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

function ragged(path: string, line: number, found: number, columns: number): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `every row must have ${columns} values, as the first line has, but one has ${found}`,
    {
      where: [`${path}:${line}`],
      hint: "Correct the line; a value that holds the delimiter must be quoted.",
    },
  );
}

export function noRows(path: string, header: boolean, isEmpty: boolean, dropped: number): MillraceError {
  if (dropped > 0) {
    const count = dropped === 1 ? "the only row" : `each of the ${dropped} rows`;
    return new MillraceError(
      "FILE_FORMAT",
      `a CSV file must have rows, but in ${path} ${count} is left out`,
      {
        hint: 'They miss a value of a column whose `missing` is "drop": choose "null", or a value to fill in.',
      },
    );
  }
  const what = isEmpty ? "is empty" : "has a header and no rows";
  return new MillraceError("FILE_FORMAT", `a CSV file must have rows, but ${path} ${what}`, {
    hint: header ? "Set `header` to false if the first line is data." : "Name another file in `path`.",
  });
}

/** Names in a hint; a table of genes has thousands. */
const mostNamed = 30;

/** The error for columns that are not there, with those that are. */
export function invalid(path: string, message: string, names: readonly string[]): MillraceError {
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : "";
  return new MillraceError("OPTION_INVALID", message, {
    where: [path],
    hint: `The columns are: ${names.slice(0, mostNamed).join(", ")}${more}.`,
  });
}
