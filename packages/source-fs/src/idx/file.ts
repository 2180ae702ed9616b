/** Reads IDX files, the format of MNIST: big-endian arrays of any rank, gzipped or not. */
import type { FileHandle } from "node:fs/promises";
import { endianness } from "node:os";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type DType, MillraceError, messageOf, type NdArray, sizeOf, type TypedArray } from "@millrace/core";
import { openInput } from "../files/open.js";

interface ElementType {
  readonly dtype: DType;
  readonly bytes: 1 | 2 | 4 | 8;
  view(buffer: ArrayBufferLike, offset: number, length: number): TypedArray;
}

// The third byte of the magic number (yann.lecun.com/exdb/mnist).
const elementTypes: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [0x08, { dtype: "uint8", bytes: 1, view: (...place) => new Uint8Array(...place) }],
  [0x09, { dtype: "int8", bytes: 1, view: (...place) => new Int8Array(...place) }],
  [0x0b, { dtype: "int16", bytes: 2, view: (...place) => new Int16Array(...place) }],
  [0x0c, { dtype: "int32", bytes: 4, view: (...place) => new Int32Array(...place) }],
  [0x0d, { dtype: "float32", bytes: 4, view: (...place) => new Float32Array(...place) }],
  [0x0e, { dtype: "float64", bytes: 8, view: (...place) => new Float64Array(...place) }],
]);

/** Bytes asked for at once. */
const pieceBytes = 2 ** 26;

/**
 * The whole array of an IDX file, in native byte order, in shared memory; gzip is known by its first bytes, not by the
 * file's name.
 * Errors: FILE_NOT_FOUND; FILE_FORMAT for a wrong magic number, a truncated file or bytes too many.
 * `option` is the option that named the file.
 */
export async function readIdx(path: string, option = "path"): Promise<NdArray> {
  const file = await openInput(path, option);
  try {
    const start = await bytesAt(file, 0, 2);
    if (start[0] === 0x1f && start[1] === 0x8b) return await unzipped(path, await file.readFile());
    const header = headerOf(path, await bytesAt(file, 0, longestHeader));
    checkSize(path, header, (await file.stat()).size);
    const body = new Uint8Array(new SharedArrayBuffer(header.bytes));
    for (let at = 0; at < body.length; ) {
      const piece = Math.min(pieceBytes, body.length - at);
      const { bytesRead } = await file.read(body, at, piece, header.start + at);
      if (bytesRead === 0) checkSize(path, header, header.start + at);
      at += bytesRead;
    }
    return arrayOf(header, body);
  } finally {
    await file.close();
  }
}

async function unzipped(path: string, content: Buffer): Promise<NdArray> {
  const bytes = await unzip(path, content);
  const header = headerOf(path, bytes.subarray(0, longestHeader));
  checkSize(path, header, bytes.length);
  const body = new Uint8Array(new SharedArrayBuffer(header.bytes));
  body.set(bytes.subarray(header.start));
  return arrayOf(header, body);
}

/** The bytes from `position` on, fewer at the end of the file. */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

interface Header {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Where the elements start. */
  readonly start: number;
  /** Of all elements. */
  readonly bytes: number;
}

/** The rank is one byte. */
const longestHeader = 4 + 4 * 255;

function headerOf(path: string, bytes: Buffer): Header {
  const type = bytes.length >= 4 && bytes.readUInt16BE(0) === 0 ? elementTypes.get(bytes[2]) : undefined;
  if (type === undefined) {
    const magic = bytes.subarray(0, 4).toString("hex");
    throw faulty(path, `an IDX file starts with 0000, element type 08-0e, rank; was ${magic || "empty"}`);
  }
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw faulty(path, `an IDX header of rank ${rank} takes ${start} bytes, the file has ${bytes.length}`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  return { type, shape, start, bytes: sizeOf(shape) * type.bytes };
}

function checkSize(path: string, { type, shape, start, bytes }: Header, found: number): void {
  const expected = start + bytes;
  if (found === expected) return;
  const fault = found < expected ? "truncated" : "followed by other bytes";
  throw faulty(
    path,
    `IDX data must fill the file, but is ${fault}: ${type.dtype} [${shape.join(", ")}] takes ${expected} bytes, found ${found}`,
  );
}

/** Turns the bytes of the elements round, in their place, where this machine has the other order. */
function arrayOf({ type, shape, bytes }: Header, body: Uint8Array<SharedArrayBuffer>): NdArray {
  if (endianness() === "LE") swapBytes(Buffer.from(body.buffer), type.bytes);
  return { dtype: type.dtype, shape, data: type.view(body.buffer, 0, bytes / type.bytes) };
}

function swapBytes(bytes: Buffer, width: 1 | 2 | 4 | 8): void {
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
}

async function unzip(path: string, bytes: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes);
  } catch (cause) {
    throw faulty(path, `a gzip file must be whole, but: ${messageOf(cause)}`, cause);
  }
}

function faulty(path: string, message: string, cause?: unknown): MillraceError {
  return new MillraceError("FILE_FORMAT", message, {
    where: [path],
    cause,
    hint: "Fetch or write the file again.",
  });
}
