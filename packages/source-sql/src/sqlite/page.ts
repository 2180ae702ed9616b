/**
 * Rows out of the pages of a SQLite table b-tree (https://www.sqlite.org/fileformat2.html). Only of a temporary table of this
 * process's own, whose pages SQLite itself hands over.
 */
import { type Fillable, put, type SqlValue } from "../driver.js";

/** The first byte of a page. */
const LEAF = 0x0d;

/** Bytes of values by their serial type, as far as it is not in the type itself. */
const sizes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** The pages below one, in the order of their rows; undefined for a leaf. */
export function childrenOf(page: Buffer): number[] | undefined {
  if (page[0] === LEAF) return undefined;
  const count = page.readUInt16BE(3);
  const children = Array.from({ length: count }, (_, i) => page.readUInt32BE(page.readUInt16BE(12 + 2 * i)));
  return [...children, page.readUInt32BE(8)];
}

/**
 * Writes a leaf's rows to `columns` from row `at` on, and returns the row after the last; −1 where one goes beyond its
 * page, for it is too long. `usable` are the bytes of a page without those that are reserved. @throws Unfit
 */
export function readLeaf(page: Buffer, usable: number, columns: readonly Fillable[], at: number): number {
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const count = view.getUint16(3);
  const longest = usable - 35;
  for (let row = 0; row < count; row++) {
    let place = view.getUint16(8 + 2 * row);
    const length = varint(page, place);
    if (length > longest) return -1;
    place = afterVarint(page, afterVarint(page, place));
    readRecord(page, view, place, columns, at + row);
  }
  return at + count;
}

function readRecord(
  page: Buffer,
  view: DataView,
  start: number,
  columns: readonly Fillable[],
  row: number,
): void {
  let header = afterVarint(page, start);
  let place = start + varint(page, start);
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    const type = varint(page, header);
    header = afterVarint(page, header);
    const size = type < 12 ? sizes[type] : Math.floor((type - 12) / 2);
    if (type < 10 && type !== 6 && "data" in column) {
      if (row < column.length) column.data[row * column.width + column.at] = numberAt(view, type, place);
    } else put(column, row, valueAt(page, view, type, place, Array.isArray(column)));
    place += size;
  }
}

/** A number of any type but 64-bit integers; NaN for NULL. */
function numberAt(view: DataView, type: number, at: number): number {
  switch (type) {
    case 7:
      return view.getFloat64(at);
    case 1:
      return view.getInt8(at);
    case 2:
      return view.getInt16(at);
    case 3:
      return view.getInt8(at) * 0x10000 + view.getUint16(at + 1);
    case 4:
      return view.getInt32(at);
    case 5:
      return view.getInt16(at) * 2 ** 32 + view.getUint32(at + 2);
    case 8:
      return 0;
    case 9:
      return 1;
    default:
      return Number.NaN;
  }
}

/** `isExact` gives all integers as bigint; without it only those that no number holds. */
function valueAt(page: Buffer, view: DataView, type: number, at: number, isExact: boolean): SqlValue {
  if (type === 0) return null;
  if (type >= 12) {
    const bytes = page.subarray(at, at + Math.floor((type - 12) / 2));
    return type % 2 === 1 ? bytes.toString("utf8") : Buffer.from(bytes);
  }
  if (type === 7) return view.getFloat64(at);
  if (type !== 6) return isExact ? BigInt(numberAt(view, type, at)) : numberAt(view, type, at);
  const integer = view.getBigInt64(at);
  return isExact || !Number.isSafeInteger(Number(integer)) ? integer : Number(integer);
}

/** An integer of one to nine bytes, of which more than five are never needed here. */
function varint(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; ; i++) {
    value = value * 0x80 + (bytes[i] & 0x7f);
    if (bytes[i] < 0x80) return value;
  }
}

function afterVarint(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end] >= 0x80) end++;
  return end + 1;
}
