/** Bytes of records as text. */
import { isUtf8 } from "node:buffer";
import { notUtf8, placeOf } from "./faults.js";

/** The text; `name` and `line` say where it begins. Errors: FILE_FORMAT, with line and column, for what is no UTF-8. */
export function textOf(bytes: Buffer, name: string, line: number): string {
  const text = bytes.toString("utf8");
  if (!text.includes("\ufffd") || isUtf8(bytes)) return text;
  const [before, column] = firstFault(bytes, text);
  throw notUtf8(placeOf(name, line + before, column));
}

/** Lines before the first byte that is none of UTF-8, and its column, from 1. */
function firstFault(bytes: Buffer, text: string): readonly [line: number, column: number] {
  let at = 0;
  let seen = 0;
  for (let found = text.indexOf("\ufffd"); found !== -1; found = text.indexOf("\ufffd", found + 1)) {
    at += Buffer.byteLength(text.slice(seen, found));
    // The character itself may stand in the file.
    if (bytes[at] !== 0xef || bytes[at + 1] !== 0xbf || bytes[at + 2] !== 0xbd)
      return lineAndColumn(text, found);
    at += 3;
    seen = found + 1;
  }
  return [0, 1];
}

/** Lines before the position in a text, and the column there, from 1. */
export function lineAndColumn(text: string, position: number): readonly [line: number, column: number] {
  const before = text.slice(0, position);
  const lines = before.split("\n").length - 1;
  return [lines, position - before.lastIndexOf("\n")];
}
