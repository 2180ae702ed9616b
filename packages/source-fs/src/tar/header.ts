/** One header block of a tar archive: POSIX ustar, GNU, and what came before them. */
import { isUtf8 } from "node:buffer";

/** Headers, and what is padded, are multiples of this. */
export const blockBytes = 512;

export interface TarHeader {
  /** As the block has it; "" where an extension says it. Undefined where it is not UTF-8. */
  readonly name: string | undefined;
  /** The type flag: "0" for files, "5" for folders, "x" for extensions. */
  readonly type: string;
  /** NaN where it is no number, or no whole one that JavaScript holds exactly. */
  readonly size: number;
}

/** True for a block of zeros, two of which end an archive. */
export function isZeroBlock(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + blockBytes; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The header in the block at `at`; undefined where its checksum is not that of its bytes. */
export function readHeader(bytes: Buffer, at: number): TarHeader | undefined {
  if (!hasChecksum(bytes, at)) return undefined;
  const flag = bytes[at + 156];
  const name = textAt(bytes, at, 100);
  // Only POSIX has a prefix: GNU keeps other things in its place, older archives nothing.
  const isPosix = bytes[at + 257] === 0x75 && bytes[at + 262] === 0;
  const prefix = isPosix && bytes[at + 345] !== 0 ? textAt(bytes, at + 345, 155) : "";
  return {
    name: prefix === "" || name === undefined ? name : prefix && `${prefix}/${name}`,
    type: flag === 0 ? "0" : String.fromCodePoint(flag),
    size: numberAt(bytes, at + 124, 12),
  };
}

/** The text up to the first NUL; undefined where it is not UTF-8. */
export function textAt(bytes: Buffer, at: number, length: number): string | undefined {
  let end = at;
  let all = 0;
  for (; end < at + length && bytes[end] !== 0; end++) all |= bytes[end];
  if (all < 0x80) return bytes.toString("latin1", at, end);
  return isUtf8(bytes.subarray(at, end)) ? bytes.toString("utf8", at, end) : undefined;
}

/** Octal digits, or a binary number where the first bit is set (GNU, for sizes from 8 GiB on). */
export function numberAt(bytes: Buffer, at: number, length: number): number {
  if (bytes[at] >= 0x80) {
    // 0xff begins a negative number.
    let value = bytes[at] === 0xff ? Number.NaN : bytes[at] & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + bytes[i];
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }
  let i = at;
  while (i < at + length && bytes[i] === 0x20) i++;
  let value = 0;
  for (; i < at + length; i++) {
    const digit = bytes[i] - 0x30;
    if (digit >= 0 && digit < 8) value = value * 8 + digit;
    else return bytes[i] === 0 || bytes[i] === 0x20 ? value : Number.NaN;
  }
  return value;
}

/** The sum of all bytes, those of the checksum itself taken for spaces; some old writers summed signed bytes. */
function hasChecksum(bytes: Buffer, at: number): boolean {
  const stated = numberAt(bytes, at + 148, 8);
  let sum = 8 * 0x20;
  for (let i = at; i < at + 148; i++) sum += bytes[i];
  for (let i = at + 156; i < at + blockBytes; i++) sum += bytes[i];
  if (sum === stated) return true;
  for (let i = at; i < at + blockBytes; i++) {
    if (bytes[i] >= 0x80 && !(i >= at + 148 && i < at + 156)) sum -= 256;
  }
  return sum === stated;
}
