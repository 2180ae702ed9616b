/** A corpus as one file of token ids: safetensors, with the ids, where documents end, and the vocabulary. */
import { closeSync, openSync, readSync, fstatSync } from "node:fs";
import { fileFault, MillraceError, messageOf, type Vocabulary } from "@millrace/core";

/** The element types of ids in files, by their names in safetensors. */
export const idTypes = {
  uint16: { name: "U16", bytes: 2 },
  int32: { name: "I32", bytes: 4 },
  uint32: { name: "U32", bytes: 4 },
} as const;
export type IdType = keyof typeof idTypes;

/** Where a file has its ids, and what else it says. */
export interface TokenFile {
  readonly path: string;
  readonly type: IdType;
  /** Where the ids begin, in bytes. */
  readonly offset: number;
  /** How many ids there are. */
  readonly count: number;
  /** Where each document ends among the ids, in shared memory. */
  readonly ends: Float64Array;
  readonly vocabulary?: Vocabulary;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Counts up when the file changes. */
export const tokenFormat = "millrace-tokens-1";

/** What stands before the ids. */
export function headOf(
  type: IdType,
  count: number,
  ends: Float64Array,
  vocabulary: Vocabulary,
): Uint8Array[] {
  const { name, bytes } = idTypes[type];
  const metadata = { format: tokenFormat, vocabulary: JSON.stringify(vocabulary) };
  const table = {
    ends: { dtype: "F64", shape: [ends.length], data_offsets: [0, ends.byteLength] },
    ids: { dtype: name, shape: [count], data_offsets: [ends.byteLength, ends.byteLength + count * bytes] },
  };
  const text = JSON.stringify({ __metadata__: metadata, ...table });
  const header = Buffer.from(text + " ".repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return [size, header, new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength)];
}

/**
 * Looks at a file: one that `headOf` began, or plain ids of `plain`, one behind the other in little-endian order.
 * Errors: FILE_NOT_FOUND, FILE_FAILED or FILE_FORMAT, naming the file.
 */
export function openTokens(path: string, plain: IdType | undefined): TokenFile {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    return plain === undefined ? readHead(file, path, size) : plainIds(path, size, plain);
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function plainIds(path: string, size: number, type: IdType): TokenFile {
  const { bytes } = idTypes[type];
  if (size % bytes !== 0)
    throw fault(path, `of ${type} must have a multiple of ${bytes} bytes, has ${size}`, "Is `dtype` right?");
  const count = size / bytes;
  return { path, type, offset: 0, count, ends: sharedEnds([count]) };
}

function readHead(file: number, path: string, size: number): TokenFile {
  const start = bytesAt(file, path, 0, Math.min(8, size));
  if (start.length < 8) throw fault(path, `must be whole, has ${size} bytes`, hint);
  const length = Number(start.readBigUInt64LE());
  if (length > size - 8) throw fault(path, `must have a header of its own, was cut off or is none`, hint);
  const { metadata, ends, ids } = headerOf(bytesAt(file, path, 8, length).toString("utf8"), path);
  const data = 8 + length;
  const found = Object.entries(idTypes).find(([, { name }]) => name === ids.dtype);
  const [type, { bytes }] = (found ?? refuse(path, `has ids of ${ids.dtype}`)) as [IdType, { bytes: number }];
  const [count, documents] = [extent(ids, bytes, path), extent(ends, 8, path)];
  if (data + Math.max(ids.data_offsets[1], ends.data_offsets[1]) !== size) refuse(path, "is not whole");
  const known = sharedEnds({ length: documents });
  const read = bytesAt(file, path, data + ends.data_offsets[0], documents * 8);
  for (let i = 0; i < documents; i++) known[i] = read.readDoubleLE(8 * i);
  checkEnds(known, count, path);
  const offset = data + ids.data_offsets[0];
  return { path, type, offset, count, ends: known, vocabulary: metadata };
}

const hint = "Let it be made again from its texts, or state the `dtype` of a file of plain ids.";

function headerOf(text: string, path: string) {
  try {
    const { __metadata__: metadata, ends, ids } = JSON.parse(text) as Record<string, never>;
    const { format, vocabulary } = metadata as { format?: unknown; vocabulary?: unknown };
    if (format === tokenFormat && typeof vocabulary === "string") {
      return { metadata: JSON.parse(vocabulary) as Vocabulary, ends: ends as Entry, ids: ids as Entry };
    }
  } catch (error) {
    throw fault(path, `must have a header of its own, has not: ${messageOf(error)}`, hint);
  }
  throw fault(path, `must be of format ${tokenFormat}, is not`, hint);
}

/** How many elements there are; as many as their bytes say. */
function extent({ shape, data_offsets }: Entry, bytes: number, path: string): number {
  const [count, ...more] = Array.isArray(shape) ? shape : [];
  const [from, to] = Array.isArray(data_offsets) ? data_offsets : [-1, -1];
  const isCount = Number.isSafeInteger(count) && count >= 0 && more.length === 0;
  if (isCount && Number.isSafeInteger(from) && from >= 0 && to === from + count * bytes) return count;
  return refuse(path, "has sizes that do not fit each other");
}

function checkEnds(ends: Float64Array, count: number, path: string): void {
  let before = 0;
  for (const end of ends) {
    if (!(Number.isSafeInteger(end) && end >= before))
      refuse(path, "has documents that end before they begin");
    before = end;
  }
  if (before !== count) refuse(path, `has documents of ${before} ids in all, and ${count} ids`);
}

function refuse(path: string, what: string): never {
  throw fault(path, `must be whole, but ${what}`, hint);
}

function fault(path: string, rule: string, advice: string): MillraceError {
  return new MillraceError("FILE_FORMAT", `the token file ${path} ${rule}`, { hint: advice });
}

function bytesAt(file: number, path: string, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const more = readSync(file, bytes, read, length - read, position + read);
    if (more === 0) refuse(path, "it became shorter while it was read");
    read += more;
  }
  return bytes;
}

function sharedEnds(values: ArrayLike<number>): Float64Array {
  const ends = new Float64Array(new SharedArrayBuffer(8 * values.length));
  for (let i = 0; i < values.length; i++) ends[i] = values[i] ?? 0;
  return ends;
}
