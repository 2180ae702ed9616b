/** A field of one block as it is kept: typed, side by side, and read by row. */
import { type ColumnField, columnType, type DType, type FieldType } from "@millrace/core";
import type { Numbers } from "../memory/growing.js";

/** Texts or bytes one after the other; `starts` has one more than there are. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
}

/** Plain data. */
export type Kept =
  /** [rows] or [rows, width], in the element type of batches; NaN where there is none. */
  | { readonly kind: "numbers"; readonly data: Numbers; readonly width?: number }
  /** Lists of numbers of any length. */
  | { readonly kind: "lists"; readonly data: Numbers; readonly starts: Uint32Array }
  /** Places among `texts`. */
  | {
      readonly kind: "codes";
      readonly codes: Int32Array;
      readonly texts: Packed;
      readonly absent?: Uint8Array;
    }
  | { readonly kind: "texts" | "bytes"; readonly texts: Packed; readonly absent?: Uint8Array };

/** What a sample holds of a field, by its row in the block. */
export type ReadField = (row: number) => unknown;

export function fieldReader({ kind, nullable, width }: ColumnField, kept: Kept): ReadField {
  switch (kept.kind) {
    case "numbers": {
      const { data } = kept;
      if (width !== undefined) return (row) => data.slice(row * width, (row + 1) * width);
      if (nullable) return (row) => (Number.isNaN(data[row]) ? null : data[row]);
      return kind === "bool" ? (row) => data[row] === 1 : (row) => data[row];
    }
    case "lists": {
      const { data, starts } = kept;
      return (row) => data.slice(starts[row], starts[row + 1]);
    }
    case "codes": {
      const { codes, texts, absent } = kept;
      const textAt = textReader(texts);
      const made: string[] = [];
      return (row) => (absent?.[row] === 1 ? null : (made[codes[row]] ??= textAt(codes[row])));
    }
    default: {
      const { texts, absent } = kept;
      const read = kept.kind === "texts" ? textReader(texts) : bytesReader(texts);
      return absent === undefined ? read : (row) => (absent[row] === 1 ? null : read(row));
    }
  }
}

function textReader({ bytes, starts }: Packed): (at: number) => string {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (at) => source.toString("utf8", starts[at], starts[at + 1]);
}

function bytesReader({ bytes, starts }: Packed): (at: number) => Uint8Array {
  return (at) => Uint8Array.from(bytes.subarray(starts[at], starts[at + 1]));
}

/** The arrays of a field, in their order; `withArrays` makes the same of others. */
export function arraysOf(kept: Kept): (Numbers | Uint32Array)[] {
  switch (kept.kind) {
    case "numbers":
      return [kept.data];
    case "lists":
      return [kept.data, kept.starts];
    case "codes":
      return [kept.codes, kept.texts.bytes, kept.texts.starts, ...(kept.absent ? [kept.absent] : [])];
    default:
      return [kept.texts.bytes, kept.texts.starts, ...(kept.absent ? [kept.absent] : [])];
  }
}

/** The element type of a field of numbers in batches. */
export function dtypeOf(column: ColumnField): DType {
  const { type }: FieldType = columnType(column);
  return type === "date" ? "float64" : (type as DType);
}
