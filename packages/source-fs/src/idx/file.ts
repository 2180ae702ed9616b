/** Reads IDX files, the format of MNIST: big-endian arrays of any rank, gzipped or not. */
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

/**
 * The whole array of an IDX file, in native byte order; gzip is known by its first bytes, not by the file's name.
 * Errors: FILE_NOT_FOUND; FILE_FORMAT for a wrong magic number, a truncated file or bytes too many.
 * `option` is the option that named the file.
 */
export async function readIdx(path: string, option = "path"): Promise<NdArray> {
  const file = await openInput(path, option);
  let bytes: Buffer;
  try {
    bytes = await file.readFile();
  } finally {
    await file.close();
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unzip(path, bytes);
  return parseIdx(path, bytes);
}

function parseIdx(path: string, bytes: Buffer): NdArray {
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
  const expected = start + sizeOf(shape) * type.bytes;
  if (bytes.length !== expected) {
    const fault = bytes.length < expected ? "truncated" : "followed by other bytes";
    throw faulty(
      path,
      `IDX data must fill the file, but is ${fault}: ${type.dtype} [${shape.join(", ")}] takes ${expected} bytes, found ${bytes.length}`,
    );
  }
  return { dtype: type.dtype, shape, data: nativeElements(bytes.subarray(start), type) };
}

function nativeElements(body: Buffer, type: ElementType): TypedArray {
  const length = body.length / type.bytes;
  if (type.bytes === 1) return type.view(body.buffer, body.byteOffset, length);
  // The header shifts the elements off their alignment: they move into memory of their own.
  const aligned = Buffer.from(new ArrayBuffer(body.length));
  body.copy(aligned);
  if (endianness() === "LE") swapBytes(aligned, type.bytes);
  return type.view(aligned.buffer, 0, length);
}

function swapBytes(bytes: Buffer, width: 2 | 4 | 8): void {
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else bytes.swap64();
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
