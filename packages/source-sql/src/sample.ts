/** A row of any SQL database made into a sample: numbers into one Float32Array, a label, and columns as they are. */
import { MillraceError } from "@millrace/core";

/** What a driver returns for one column; integers as bigint where the driver can, so that none is rounded. */
export type SqlValue = number | bigint | string | Uint8Array | null;
export type SqlRow = readonly SqlValue[];

/** What a SQL source yields: `features`, `label`, and the pass-through columns under their own names. */
export interface SqlSample {
  readonly features?: Float32Array;
  /** A label index, or the number to be predicted. */
  readonly label?: number;
  readonly [column: string]: unknown;
}

/** Which columns become what; a row holds `features`, then the label if there is one, then `columns`. */
export interface SampleLayout {
  /** The table, for messages. */
  readonly table: string;
  readonly features: readonly string[];
  readonly label?: {
    readonly column: string;
    /** Label index by class name; absent where the label is a number. */
    readonly indices?: ReadonlyMap<string, number>;
  };
  readonly columns: readonly string[];
}

/** The columns to select, in the order in which `toSample` reads them. */
export function selectedColumns({ features, label, columns }: SampleLayout): string[] {
  return [...features, ...(label === undefined ? [] : [label.column]), ...columns];
}

/** What names a row in errors, `id=7`; asked for only when there is one to make. */
export type RowName = () => string;

/** Makes the sample of one row whose first value stands at `start`. */
export function toSample(row: SqlRow, start: number, layout: SampleLayout, key: RowName): SqlSample {
  const count = layout.features.length;
  if (count === 0) return otherFields(row, start, layout, key);
  const features = new Float32Array(count);
  readFeatures(row, start, layout, key, features, 0);
  return { features, ...otherFields(row, start + count, layout, key) };
}

/** Writes the features of a row to `target`, from position `at` on. */
export function readFeatures(
  row: SqlRow,
  start: number,
  { table, features }: SampleLayout,
  key: RowName,
  target: Float32Array,
  at: number,
): void {
  for (let i = 0; i < features.length; i++) {
    const value = row[start + i];
    target[at + i] = finiteNumber(value, table, features[i], key);
    // Beyond 3.4e38 a double becomes Infinity here.
    if (!Number.isFinite(target[at + i])) throw notFinite(value, table, features[i], key);
  }
}

/** All fields of a sample but `features`; `start` is where the label stands, or the first column without one. */
export function otherFields(
  row: SqlRow,
  start: number,
  layout: SampleLayout,
  key: RowName,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  let at = start;
  if (layout.label !== undefined) fields.label = toLabel(row[at++], layout, key);
  for (const column of layout.columns) fields[column] = asItIs(row[at++], layout.table, column, key);
  return fields;
}

/** True if integers may reach `toSample` rounded to a double: it would give the same samples, and the same errors. */
export function bearsRounding({ label, columns }: SampleLayout): boolean {
  // Class names keep every digit, and columns that pass through are refused beyond 2^53.
  const names = [...(label?.indices?.keys() ?? [])];
  return columns.length === 0 && !names.some((name) => /^-?\d{16,}$/.test(name));
}

/** The label of a row: the index of its class, or its number. */
export function toLabel(value: SqlValue, { table, label }: SampleLayout, key: RowName): number {
  const column = label?.column ?? "label";
  if (label?.indices === undefined) return finiteNumber(value, table, column, key);
  const name = className(value);
  const index = name === undefined ? undefined : label.indices.get(name);
  if (index !== undefined) return index;
  const rule = name === undefined ? "a class name" : "one of the classes found when the table was opened";
  throw fault(table, column, key, rule, value);
}

/** The class name of a database value: its text, or the shortest decimal of a number; none for NULL and bytes. */
export function className(value: SqlValue): string | undefined {
  return value === null || typeof value === "object" ? undefined : String(value);
}

/** A value under its own name: integers as numbers where that is exact, bytes copied, NULL as null. */
export function asItIs(value: SqlValue, table: string, column: string, key: RowName): unknown {
  if (typeof value === "bigint") {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw fault(table, column, key, "an integer within ±(2^53 − 1)", value);
  }
  // The driver's Buffer may be a view of a pool that is larger than the value.
  return value instanceof Uint8Array ? Uint8Array.from(value) : value;
}

function finiteNumber(value: SqlValue, table: string, column: string, key: RowName): number {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number") throw fault(table, column, key, "a number", value);
  if (!Number.isFinite(value)) throw notFinite(value, table, column, key);
  return value;
}

function notFinite(value: SqlValue, table: string, column: string, key: RowName): MillraceError {
  return fault(table, column, key, "a finite number that fits its type (float32 for features)", value);
}

function fault(table: string, column: string, key: RowName, rule: string, value: SqlValue): MillraceError {
  return new MillraceError(
    "TABLE_INVALID",
    `column "${column}" of table "${table}" must hold ${rule}, was ${shown(value)} at ${key()}`,
    { hint: "Correct the row, leave it out with a view, or leave the column out." },
  );
}

function shown(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "object") return `${value.length} bytes`;
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
