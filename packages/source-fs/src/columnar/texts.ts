/** Texts and bytes, side by side in UTF-8 as their files have them. */
import { isUtf8 } from "node:buffer";
import type { ColumnField } from "@millrace/core";
import { TextPacker } from "../memory/packed-text.js";
import type { RawColumn } from "./raw.js";
import { rowValues } from "./row-values.js";
import type { Kept, Packed } from "./stored.js";
import type { Attempt } from "./write-numbers.js";

export function textsOf(column: ColumnField, raw: RawColumn, attempt: Attempt): Kept {
  const { values, meaning, absent } = raw;
  const texts = values.form === "coded" ? values.dictionary : values;
  const isNull = column.missing === "null";
  if (
    meaning.kind === "text" &&
    texts.form === "packed" &&
    (absent === undefined || isNull) &&
    isUtf8(texts.bytes)
  ) {
    // Some of these may be missing by what they say: blank, or one of the column's own words.
    const asTheyAre =
      !column.mayMiss || (column.missingWords === undefined && !mayBeBlank(texts, values, absent));
    const marks = absent === undefined ? {} : { absent };
    if (asTheyAre && values.form === "coded") return { kind: "codes", codes: values.codes, texts, ...marks };
    if (asTheyAre) return { kind: "texts", texts, ...marks };
  }
  const read = rowValues(column, [raw]);
  return packed("texts", raw.rows, (row) => attempt(read(row), row));
}

function mayBeBlank(
  { bytes, starts }: Packed,
  { form }: RawColumn["values"],
  absent: Uint8Array | undefined,
): boolean {
  for (let i = 0; i + 1 < starts.length; i++) {
    const isGone = form === "packed" && absent?.[i] === 1;
    if (!isGone && (starts[i] === starts[i + 1] || bytes[starts[i]] <= 32)) return true;
  }
  return false;
}

export function bytesOf(column: ColumnField, raw: RawColumn, attempt: Attempt): Kept {
  const { values, meaning, absent } = raw;
  if (meaning.kind === "bytes" && !column.mayMiss && absent === undefined && values.form === "packed")
    return { kind: "bytes", texts: values };
  const read = rowValues(column, [raw]);
  return packed("bytes", raw.rows, (row) => attempt(read(row), row));
}

function packed(kind: "texts" | "bytes", rows: number, valueOf: (row: number) => unknown): Kept {
  const packer = new TextPacker();
  const absent = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const value = valueOf(row);
    if (typeof value === "string") packer.push(value);
    else packer.pushBytes(value instanceof Uint8Array ? value : nothing);
    if (value === null) absent[row] = 1;
  }
  const texts = packer.finish() as Packed;
  return { kind, texts, ...(absent.includes(1) && { absent }) };
}

const nothing = new Uint8Array(0);
