/** Fields with types: what a driver returns, made what the type says by the rules that all sources share. */
import { classLabels, dropped, type ImageReader, valueReader } from "@millrace/core";
import type { Column, Dialect, SqlRow, SqlValue } from "../driver.js";
import { type RowName, shown, valueFault } from "./faults.js";
import { isExact } from "./decimal.js";
import type { TypedField } from "./layout.js";

export interface TypedReader {
  readonly field: string;
  /** Values of a row that it takes. */
  readonly width: number;
  readonly read: (row: SqlRow, start: number, name: RowName) => unknown;
}

export interface TypedRules {
  readonly relation: string;
  readonly columns: readonly Column[];
  readonly dialect: Dialect;
  /** Makes the images, where there are any. */
  readonly images?: ImageReader | undefined;
}

export function typedReaders(fields: readonly TypedField[], rules: TypedRules): TypedReader[] {
  return fields.map((field) => readerOf(field, rules));
}

function readerOf(field: TypedField, { relation, columns, dialect, images }: TypedRules): TypedReader {
  const { from, classes } = field;
  const place: { value: SqlValue; name: RowName } = { value: null, name: () => "" };
  const fault = (rule: string): Error =>
    valueFault(
      relation,
      from.join(", "),
      place.name,
      rule.replace(/^must (?:be|have|hold) /, ""),
      shown(place.value, dialect),
    );
  const read = valueReader(field, {
    fault,
    missingWords: [],
    ...(classes && { classes: classLabels([], classes) }),
  });
  const isTime = from.map(
    (name) => dialect.strict && columns.find((column) => column.name === name)?.type === "time",
  );
  const isDecimal = from.map(
    (name) => field.kind === "float64" && columns.find((column) => column.name === name)?.type === "decimal",
  );
  const plain = (value: SqlValue, at = 0): unknown => {
    if (typeof value === "string") {
      const text = dialect.text(value);
      if (text === undefined) throw fault("text in the database's encoding");
      if (isDecimal[at] && dialect.strict && !isExact(text))
        throw fault("a decimal of at most 15 digits, or be read as text or float32");
      return text;
    }
    if (!(value instanceof Uint8Array)) return value;
    // The driver's Buffer may be a view of a pool that is larger than the value.
    return field.width === undefined ? Uint8Array.from(value) : numbersOf(value, field.kind);
  };
  return {
    field: field.field,
    width: from.length,
    read(row, start, name) {
      place.name = name;
      place.value = row[start];
      // A database that has times tells the seconds itself.
      if (field.kind === "date" && isTime[0] && typeof row[start] === "number") {
        if (Number.isFinite(row[start])) return row[start];
        throw fault("a date that is finite");
      }
      const list = from.length === 1 ? plain(row[start]) : from.map((_, i) => plain(row[start + i], i));
      const value = read(list);
      if (value === dropped) throw fault("a value (rows without one are left out when keys are read)");
      if (field.kind !== "image" || value === null) return value;
      if (!(value instanceof Uint8Array)) throw fault("the bytes of an image file");
      return images?.image({ name: `column "${from[0]}" of ${relation} at ${name()}`, bytes: value });
    },
  };
}

/** A blob of numbers, little-endian, as every library writes them. */
function numbersOf(
  bytes: Uint8Array,
  kind: TypedField["kind"],
): Float32Array | Float64Array | Int32Array | Uint8Array {
  const size = kind === "float64" ? 8 : 4;
  if (bytes.length % size !== 0) return bytes;
  const whole = Uint8Array.from(bytes).buffer;
  if (kind === "float64") return new Float64Array(whole);
  return kind === "int32" ? new Int32Array(whole) : new Float32Array(whole);
}
