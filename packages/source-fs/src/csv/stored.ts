/** Columns as they lie in shared memory, and how samples and batches are read from them. */
import {
  type Allocator,
  type ColumnField,
  columnType,
  type DType,
  type FieldType,
  type TypedArray,
} from "@millrace/core";
import { gather } from "@millrace/core/dataloader";
import type { Numbers } from "../memory/growing.js";
import { type PackedText, unpacked, unpackedBytes } from "../memory/packed-text.js";

/** Plain data over shared memory. */
export type Stored =
  /** [rows] or [rows, width], in the element type of batches; NaN where there is none. */
  | { readonly kind: "numbers"; readonly data: Numbers; readonly width?: number }
  /** Few different texts: `codes` are their places in `texts`, -1 where there is none. */
  | { readonly kind: "codes"; readonly codes: Int32Array; readonly texts: PackedText }
  /** `absent` has 1 for rows without one. */
  | { readonly kind: "texts" | "bytes"; readonly texts: PackedText; readonly absent?: Uint8Array };

/** One field of the dataset. */
export interface StoredField {
  /** What a sample holds. */
  get(row: number): unknown;
  /** What a batch of these rows holds. */
  batch(rows: readonly number[], allocator: Allocator): unknown;
  /** All values, where they are numbers or texts. */
  column(): ArrayLike<number | string> | undefined;
}

export function storedField(column: ColumnField, stored: Stored, length: number): StoredField {
  if (stored.kind === "numbers") return numberField(column, stored, length);
  const get = stored.kind === "codes" ? codedText(stored) : packedValue(stored);
  return {
    get,
    batch: (rows) => rows.map(get),
    column() {
      if (stored.kind === "bytes") return undefined;
      const values = Array.from({ length }, (_, row) => get(row));
      return values.every((value) => typeof value === "string") ? values : undefined;
    },
  };
}

function numberField(
  column: ColumnField,
  { data, width }: Stored & { kind: "numbers" },
  length: number,
): StoredField {
  const { type } = columnType(column);
  const dtype = dtypeOf(type);
  const rows = { dtype, shape: width === undefined ? [length] : [length, width], data: data as TypedArray };
  return {
    get: getter(column, data, width),
    batch: (indices, allocator) => gather(rows, indices, allocator),
    column: () => (width === undefined && type !== "bool" ? data : undefined),
  };
}

function dtypeOf(type: FieldType["type"]): DType {
  return type === "date" ? "float64" : (type as DType);
}

function getter({ kind, nullable }: ColumnField, data: Numbers, width?: number): StoredField["get"] {
  if (width !== undefined) return (row) => data.slice(row * width, (row + 1) * width);
  if (nullable) return (row) => (Number.isNaN(data[row]) ? null : data[row]);
  return kind === "bool" ? (row) => data[row] === 1 : (row) => data[row];
}

function codedText({ codes, texts }: Stored & { kind: "codes" }): StoredField["get"] {
  const textOf = unpacked(texts);
  const made: string[] = [];
  return (row) => {
    const code = codes[row];
    return code < 0 ? null : (made[code] ??= textOf(code));
  };
}

function packedValue({ kind, texts, absent }: Stored & { kind: "texts" | "bytes" }): StoredField["get"] {
  const value = kind === "texts" ? unpacked(texts) : unpackedBytes(texts);
  return absent === undefined ? value : (row) => (absent[row] === 1 ? null : value(row));
}
