/** Values of a row as the kit's readers take them: plain numbers, texts, flags, bytes, dates, lists. */
import { type ColumnField, missingTexts } from "@millrace/core";
import { instantTexts } from "./instant-text.js";
import { type RawColumn, valuesOf } from "./raw.js";

/** The columns of the file that a field is made from: one, or one for each number of a vector. */
export type Raws = readonly RawColumn[];

/** Values as the kit reads them: null where there is none. */
export function otherValues({ kind }: ColumnField, raw: RawColumn): (row: number) => unknown {
  const { absent, meaning } = raw;
  const texts = kind === "text" || kind === "class" ? instantTexts(raw) : undefined;
  const values = texts ?? valuesOf(raw);
  const read = (row: number): unknown => {
    const value = values(row);
    if (meaning.kind === "bool" && kind !== "bool" && kind !== "text" && kind !== "class")
      return Number(value);
    if (meaning.kind === "instant" && kind === "date" && typeof value === "number")
      return new Date(value * 1000);
    // A class is named by its number, however many zeros are stored behind it.
    if (meaning.kind === "decimal" && kind === "class") return withoutZeros(String(value));
    return value;
  };
  return absent === undefined ? read : (row) => (absent[row] === 1 ? null : read(row));
}

function withoutZeros(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

/** What a row has, in one piece. */
export function rowValues(column: ColumnField, raws: Raws): (row: number) => unknown {
  const each = raws.map((raw) =>
    raw.lists === undefined ? otherValues(column, raw) : listValues(column, raw),
  );
  return each.length === 1 && (column.width === undefined || raws[0].lists !== undefined || isBlob(raws[0]))
    ? (row) => asVector(column, each[0](row))
    : (row) => each.map((read) => read(row));
}

function listValues(column: ColumnField, raw: RawColumn): (row: number) => unknown {
  const { starts, absent } = raw.lists as NonNullable<RawColumn["lists"]>;
  const read = otherValues(column, raw);
  return (row) => {
    if (absent?.[row] === 1) return null;
    return Array.from({ length: starts[row + 1] - starts[row] }, (_, i) => read(starts[row] + i));
  };
}

export function isBlob({ meaning }: RawColumn): boolean {
  return meaning.kind === "bytes" || meaning.kind === "text";
}

/** Bytes as the little-endian numbers that they are, where a vector is asked for. */
function asVector(column: ColumnField, value: unknown): unknown {
  if (column.width === undefined || !(value instanceof Uint8Array)) return value;
  const make = elements[column.kind as keyof typeof elements];
  const size = make.BYTES_PER_ELEMENT;
  // A length that does not fit is refused by the number of elements.
  return new make(value.slice(0, value.length - (value.length % size)).buffer);
}

const elements = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

export function missingRows(column: ColumnField, raws: Raws): (row: number) => boolean {
  const isWord = column.mayMiss ? missingTexts(column.missingWords ?? []) : () => false;
  const isNone = (value: unknown): boolean =>
    value === null ||
    value === undefined ||
    (typeof value === "string" && isWord(value)) ||
    (Array.isArray(value) && value.some(isNone));
  const read = rowValues(column, raws);
  return (row) => isNone(read(row));
}
