/** A CSV file as a table: what was asked for of it, in shared memory, so that every thread reads the same rows. */
import { didYouMean, fingerprintFiles, MillraceError } from "@millrace/core";
import { stampOf } from "../files/stamp.js";
import { GrowingRows } from "../memory/growing.js";
import { type ClassCodes, classCodes } from "./classes.js";
import type { CsvFormat } from "./dialect.js";
import { type LineNumbers, lineCounter } from "./line-numbers.js";
import { decimal, losesDigits } from "./numbers.js";
import { readRows } from "./reader.js";
import type { OnRow } from "./scan.js";

/** What of a table is wanted. */
export interface TableOptions extends CsvFormat {
  readonly label?: string;
  readonly labelType: "class" | "number";
  readonly features?: readonly string[];
}

export interface Table {
  /** By what the file is known to be the one that was read. */
  readonly stamp?: string;
  readonly fingerprint: string;
  /** All columns of the file. */
  readonly names: readonly string[];
  readonly features: readonly string[];
  /** [rows, features]. */
  readonly values: Float32Array;
  readonly lines: LineNumbers;
  /** The label column where it holds numbers. */
  readonly targets?: Float64Array;
  /** The label column where it holds classes. */
  readonly classes?: ClassCodes;
}

const largestFloat32 = 3.4028234663852886e38;

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
      lines.push(line);
      made.push(values, line);
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
  if (table === undefined || table.values.length === 0) throw noRows(path, options.header, isEmpty);
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
  readonly push: OnRow;
  finish(): Omit<Table, "stamp" | "fingerprint" | "lines">;
}

function columnsOf(path: string, options: TableOptions, names: readonly string[]): Columns {
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const features = featuresOf(path, options, names, placeOf);
  const places = Int32Array.from(features, (name) => placeOf.get(name) ?? -1);
  const rows = new GrowingRows(Float32Array, places.length);
  const label = options.label === undefined ? undefined : (placeOf.get(options.label) ?? -1);
  const targets =
    label !== undefined && options.labelType === "number" ? new GrowingRows(Float64Array, 1) : undefined;
  const classes =
    label !== undefined && targets === undefined ? classCodes(path, options.label ?? "") : undefined;
  return {
    push(values, line) {
      const start = rows.next();
      const { block } = rows;
      for (let i = 0; i < places.length; i++) {
        const text = values[places[i]];
        const number = decimal(text);
        // Written so that NaN fails too.
        if (!(Math.abs(number) <= largestFloat32)) throw notNumber(path, features[i], text, line);
        block[start + i] = number;
      }
      if (label === undefined) return;
      const text = values[label];
      if (targets === undefined) classes?.push(text, line);
      else {
        const at = targets.next();
        targets.block[at] = target(path, names[label], text, line);
      }
    },
    finish: () => ({
      names,
      features,
      values: rows.shared(),
      ...(targets && { targets: targets.shared() }),
      ...(classes && { classes: classes.finish() }),
    }),
  };
}

function target(path: string, name: string, text: string, line: number): number {
  const number = decimal(text);
  if (!(Math.abs(number) <= largestFloat32)) throw notNumber(path, name, text, line);
  if (!losesDigits(text, number)) return number;
  throw new MillraceError(
    "FILE_FORMAT",
    `column "${name}" must hold numbers that fit into 64 bits, but of ${text.trim()} digits would be lost`,
    { where: [`${path}:${line}`], hint: "Is it an identifier, not a quantity? Scale it down otherwise." },
  );
}

function featuresOf(
  path: string,
  { features, label }: TableOptions,
  names: readonly string[],
  placeOf: ReadonlyMap<string, number>,
): readonly string[] {
  const chosen = features ?? names.filter((name) => name !== label);
  for (const name of label === undefined ? chosen : [label, ...chosen]) {
    if (placeOf.has(name)) continue;
    throw invalid(path, `column "${name}" is not in the file${didYouMean(name, names)}`, names);
  }
  if (chosen.length === 0)
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

function noRows(path: string, header: boolean, isEmpty: boolean): MillraceError {
  const what = isEmpty ? "is empty" : "has a header and no rows";
  return new MillraceError("FILE_FORMAT", `a CSV file must have rows, but ${path} ${what}`, {
    hint: header ? "Set `header` to false if the first line is data." : "Name another file in `path`.",
  });
}

function notNumber(path: string, name: string, value: string, line: number): MillraceError {
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  return new MillraceError(
    "FILE_FORMAT",
    `column "${name}" must hold finite float32 numbers, was ${JSON.stringify(shown)}`,
    {
      where: [`${path}:${line}`],
      hint: "Correct the value, or choose columns with `features` and `label`.",
    },
  );
}

/** Names in a hint; a table of genes has thousands. */
const mostNamed = 30;

function invalid(path: string, message: string, names: readonly string[]): MillraceError {
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : "";
  return new MillraceError("OPTION_INVALID", message, {
    where: [path],
    hint: `The columns are: ${names.slice(0, mostNamed).join(", ")}${more}.`,
  });
}
