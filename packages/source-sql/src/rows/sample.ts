/** A row made into a sample: numbers into one Float32Array, a label, and columns as they are. */
import { type ImageReader, labelUnknown, type MillraceError } from "@millrace/core";
import type { Dialect, Relation, SqlRow, SqlValue } from "../driver.js";
import { type RowName, shown, valueFault } from "./faults.js";
import type { SampleLayout } from "./layout.js";
import { isExact } from "./decimal.js";
import { typedReaders } from "./typed.js";

/** What a SQL source yields: `features`, `label`, and the pass-through columns under their own names. */
export interface SqlSample {
  readonly features?: Float32Array;
  /** A label index, or the number to be predicted. */
  readonly label?: number;
  readonly [column: string]: unknown;
}

/** Reads the values of rows, which stand in the order of `selectedColumns`. */
export interface RowReader {
  /** Makes the sample of one row whose first value stands at `start`. */
  sample(row: SqlRow, start: number, name: RowName): SqlSample;
  /** Writes the features of a row to `target`, from position `at` on. */
  features(row: SqlRow, start: number, name: RowName, target: Float32Array, at: number): void;
  /** All fields of a sample but `features`; `start` is where the label stands, or the first column without one. */
  others(row: SqlRow, start: number, name: RowName): Record<string, unknown>;
  /** The label of a row: the index of its class, or its number. */
  label(value: SqlValue, name: RowName): number;
  /** The fields of columns that pass through, whose values stand from `start` on, into `fields`. */
  columns(row: SqlRow, start: number, name: RowName, fields: Record<string, unknown>): void;
  /** The value of a field with a type, from a row that begins with it. */
  typed(field: string, row: SqlRow, name: RowName): unknown;
  /** A value under its own name: integers as numbers where that is exact, bytes copied, NULL as null. */
  value(value: SqlValue, column: string, name: RowName): number | string | Uint8Array | Float32Array | null;
}

/** The relation is what rows are read from. */
export function rowReader(
  layout: SampleLayout,
  { name: relation, columns: declared }: Pick<Relation, "name" | "columns">,
  dialect: Dialect,
  images?: ImageReader,
): RowReader {
  // Where a database has them, decimals arrive as texts, whose digits a number may not hold.
  const decimals = new Set(
    dialect.strict ? declared.filter(({ type }) => type === "decimal").map(({ name }) => name) : [],
  );
  const { features: names, columns } = layout;
  const typed =
    layout.fields && typedReaders(layout.fields, { relation, columns: declared, dialect, images });
  const fault = (column: string, name: RowName, rule: string, value: SqlValue): MillraceError =>
    valueFault(relation, column, name, rule, shown(value, dialect));
  const notFinite = (value: SqlValue, column: string, name: RowName): MillraceError =>
    fault(column, name, "a finite number that fits its type (float32 for features)", value);
  const finiteNumber = (value: SqlValue, column: string, name: RowName): number => {
    if (typeof value === "bigint") return Number(value);
    if (typeof value !== "number") throw fault(column, name, "a number", value);
    if (!Number.isFinite(value)) throw notFinite(value, column, name);
    return value;
  };
  const reader: RowReader = {
    sample(row, start, name) {
      if (names.length === 0) return reader.others(row, start, name);
      const features = new Float32Array(names.length);
      reader.features(row, start, name, features, 0);
      return { features, ...reader.others(row, start + names.length, name) };
    },
    features(row, start, name, target, at) {
      for (let i = 0; i < names.length; i++) {
        const value = row[start + i];
        target[at + i] = finiteNumber(value, names[i], name);
        // Beyond 3.4e38 a double becomes Infinity here.
        if (!Number.isFinite(target[at + i])) throw notFinite(value, names[i], name);
      }
    },
    others(row, start, name) {
      const fields: Record<string, unknown> = {};
      let at = start;
      if (layout.label !== undefined) fields.label = reader.label(row[at++], name);
      reader.columns(row, at, name, fields);
      return fields;
    },
    columns(row, start, name, fields) {
      let at = start;
      if (typed === undefined)
        for (const column of columns) fields[column] = reader.value(row[at++], column, name);
      else {
        for (const { field, width, read } of typed) {
          fields[field] = read(row, at, name);
          at += width;
        }
      }
    },
    typed: (field, row, name) => typed?.find((each) => each.field === field)?.read(row, 0, name),
    label: labelReader(layout, dialect, { fault, finiteNumber, relation }),
    value(value, column, name) {
      if (typeof value === "string") {
        const text = dialect.text(value);
        if (text === undefined) throw fault(column, name, "text in the database's encoding", value);
        if (!decimals.has(column)) return text;
        if (isExact(text)) return Number(text);
        throw fault(column, name, "a finite decimal of at most 15 digits, or be read as text", value);
      }
      if (typeof value === "bigint") {
        if (Number.isSafeInteger(Number(value))) return Number(value);
        throw fault(column, name, "an integer within ±(2^53 − 1)", value);
      }
      // The driver's Buffer may be a view of a pool that is larger than the value.
      return value instanceof Uint8Array ? Uint8Array.from(value) : value;
    },
  };
  return reader;
}

interface LabelRules {
  readonly relation: string;
  readonly fault: (column: string, name: RowName, rule: string, value: SqlValue) => MillraceError;
  readonly finiteNumber: (value: SqlValue, column: string, name: RowName) => number;
}

function labelReader(
  { label }: SampleLayout,
  dialect: Dialect,
  { fault, finiteNumber, relation }: LabelRules,
): RowReader["label"] {
  const column = label?.column ?? "label";
  if (label?.classes === undefined) return (value, name) => finiteNumber(value, column, name);
  const { classes } = label;
  const indices = new Map(classes.map((name, index) => [name, index]));
  // Label indices by what the driver returns: a text is decoded once per class, not once per row.
  const known = new Map<SqlValue, number>();
  return (value, row) => {
    const seen = known.get(value);
    if (seen !== undefined) return seen;
    const name = className(value, dialect);
    if (name === undefined) throw fault(column, row, "a class name", value);
    const index = indices.get(name);
    if (index === undefined)
      throw labelUnknown(name, classes, `column "${column}" of ${relation} at ${row()}`);
    known.set(value, index);
    return index;
  };
}

/** The class name of a database value: its text, or the shortest decimal of a number; none for NULL and bytes. */
export function className(value: SqlValue, dialect: Dialect): string | undefined {
  if (value === null || typeof value === "object") return undefined;
  return typeof value === "string" ? dialect.text(value) : String(value);
}

/** True if integers may arrive rounded to a double: it would give the same samples, and the same errors. */
export function bearsRounding({ label, columns }: SampleLayout): boolean {
  // Class names keep every digit, and columns that pass through are refused beyond 2^53.
  return columns.length === 0 && !(label?.classes ?? []).some((name) => /^-?\d{16,}$/.test(name));
}
