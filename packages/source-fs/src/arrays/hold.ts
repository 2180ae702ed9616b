/** Arrays that cannot be read row by row where they lie: held in shared memory, once for all threads. */
import type { FileHandle } from "node:fs/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { MillraceError, messageOf, sizeOf } from "@millrace/core";
import { streamOf } from "../files/pieces.js";
import { toRowOrder } from "./row-order.js";
import { faulty, type StoredArray } from "./stored-array.js";
import type { ZipMember } from "./zip-directory.js";

/** What may still be held: taken from as arrays are. */
export interface Allowance {
  left: number;
  readonly most: number;
}

/** Memory for `bytes` bytes. Errors: FILE_FORMAT where no more may be held. */
function allocate(name: string, bytes: number, allowance: Allowance, why: string): SharedArrayBuffer {
  if (bytes > allowance.left) {
    const most = allowance.most.toLocaleString("en-US");
    throw faulty(
      name,
      `${why} is held in memory, so it must take at most ${most} bytes with all others, takes ${bytes.toLocaleString("en-US")}`,
      "Write it with numpy.save in C order (numpy.ascontiguousarray), or raise `maxHeldBytes`.",
    );
  }
  allowance.left -= bytes;
  return new SharedArrayBuffer(bytes);
}

/** The member of a zip archive, inflated; its check sum is looked at. Errors: FILE_FORMAT. */
export async function inflated(
  name: string,
  file: FileHandle,
  member: ZipMember,
  allowance: Allowance,
): Promise<SharedArrayBuffer> {
  const held = allocate(name, member.bytes, allowance, "a compressed array");
  const target = new Uint8Array(held);
  let [at, crc] = [0, 0];
  const { start, packedBytes } = member;
  const source = streamOf(file, start, start + packedBytes);
  const inflate = source.pipe(createInflateRaw({ chunkSize: 2 ** 18 }));
  source.once("error", (error) => inflate.destroy(error));
  try {
    for await (const piece of inflate as AsyncIterable<Buffer>) {
      if (at + piece.length > target.length)
        throw faulty(name, `an array must take the ${member.bytes} bytes that it states, takes more`);
      target.set(piece, at);
      at += piece.length;
      crc = crc32(piece, crc);
    }
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw faulty(name, `a compressed array must be whole, but: ${messageOf(error)}`);
  } finally {
    source.destroy();
    inflate.destroy();
  }
  if (at !== member.bytes || crc !== member.crc)
    throw faulty(name, "an array must be what was written, but its size or check sum is another");
  return held;
}

/** An array of Fortran's order in C's. */
export async function inRowOrder(
  array: StoredArray,
  file: FileHandle,
  allowance: Allowance,
): Promise<StoredArray> {
  const { name, element, shape, start } = array;
  const count = sizeOf(shape);
  const held = allocate(name, count * element.bytes, allowance, "an array of Fortran's order");
  const all =
    array.held === undefined
      ? await readAll(name, file, start, held.byteLength)
      : array.held.slice(start, start + held.byteLength);
  const [from, to] = [viewOf(element.bytes, all), viewOf(element.bytes, held)];
  toRowOrder(from, to, shape);
  return { ...array, fortran: false, start: 0, held };
}

/** Elements as bits. */
function viewOf(
  bytes: StoredArray["element"]["bytes"],
  buffer: ArrayBufferLike,
): { [at: number]: number | bigint } {
  if (bytes === 1) return new Uint8Array(buffer);
  if (bytes === 2) return new Uint16Array(buffer);
  return bytes === 4 ? new Uint32Array(buffer) : new BigUint64Array(buffer);
}

async function readAll(name: string, file: FileHandle, start: number, bytes: number): Promise<ArrayBuffer> {
  const all = new Uint8Array(new ArrayBuffer(bytes));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(all, at, Math.min(2 ** 26, bytes - at), start + at);
    if (bytesRead === 0) throw faulty(name, "an array must be whole, is cut off");
    at += bytesRead;
  }
  return all.buffer;
}
