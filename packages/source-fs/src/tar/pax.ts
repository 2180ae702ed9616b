/** PAX extended headers: records of "length keyword=value\n" before the entry that they speak of. */
import { isUtf8 } from "node:buffer";

/** What is taken of them. */
export interface PaxRecords {
  readonly path?: string;
  readonly size?: number;
  /** True for a file whose holes are left out. */
  readonly sparse?: true;
}

/** Undefined where the records are not what they should be. */
export function readPax(bytes: Buffer): PaxRecords | undefined {
  const found: { path?: string; size?: number; sparse?: true } = {};
  // Some writers fill up the rest with NUL.
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? "" : bytes.toString("latin1", at, space);
    const length = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    if (length === 0 || end > bytes.length || bytes[end - 1] !== 0x0a || equals < 0 || equals >= end)
      return undefined;
    const keyword = bytes.toString("utf8", space + 1, equals);
    const value = bytes.subarray(equals + 1, end - 1);
    if (keyword === "path") {
      if (!isUtf8(value) || value.includes(0)) return undefined;
      found.path = value.toString("utf8");
    } else if (keyword === "size") {
      const size = /^\d+$/.test(value.toString("latin1")) ? Number(value) : Number.NaN;
      if (!Number.isSafeInteger(size)) return undefined;
      found.size = size;
    } else if (keyword.startsWith("GNU.sparse.")) found.sparse = true;
    at = end;
  }
  return found;
}
