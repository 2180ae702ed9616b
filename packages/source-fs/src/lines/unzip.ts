/** Gzipped files in memory: read through once, held once for all threads. */
import type { FileHandle } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { MillraceError, messageOf } from "@millrace/core";
import { streamOf } from "../files/pieces.js";

/** Bytes of one block. */
export const blockBytes = 2 ** 24;

export interface Unzipped {
  /** All of `blockBytes` but the last. */
  readonly blocks: readonly SharedArrayBuffer[];
}

/**
 * What the gzip file holds, in shared memory; each piece is also handed to `onPiece` as it comes.
 * Errors: FILE_FORMAT where the file is damaged or cut off, or holds more than `mostBytes`.
 */
export async function unzip(
  file: FileHandle,
  name: string,
  mostBytes: number,
  onPiece: (piece: Buffer) => void,
): Promise<Unzipped> {
  const blocks: SharedArrayBuffer[] = [];
  let used = 0;
  let total = 0;
  const keep = (piece: Buffer): void => {
    for (let at = 0; at < piece.length; ) {
      if (blocks.length === 0 || used === blockBytes) {
        blocks.push(new SharedArrayBuffer(blockBytes));
        used = 0;
      }
      const part = piece.subarray(at, at + blockBytes - used);
      new Uint8Array(blocks[blocks.length - 1]).set(part, used);
      used += part.length;
      at += part.length;
    }
  };
  for await (const piece of unzippedPieces(file, name)) {
    total += piece.length;
    if (total > mostBytes) throw tooMuch(name, mostBytes);
    keep(piece);
    onPiece(piece);
  }
  const last = blocks.pop();
  if (last !== undefined) blocks.push(last.slice(0, used));
  return { blocks };
}

/** What the gzip file holds, as it is read. Errors: FILE_FORMAT where it is damaged or cut off. */
export async function* unzippedPieces(file: FileHandle, name: string): AsyncGenerator<Buffer> {
  const source = streamOf(file);
  const gunzip = source.pipe(createGunzip({ chunkSize: 2 ** 18 }));
  source.once("error", (error) => gunzip.destroy(error));
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    throw error instanceof MillraceError ? error : damaged(name, error);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** gzip is known by its first bytes (RFC 1952). */
export function isZipped([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

function tooMuch(name: string, most: number): MillraceError {
  const bytes = most.toLocaleString("en-US");
  return new MillraceError(
    "FILE_FORMAT",
    `a gzip file is held in memory, so it must hold at most ${bytes} bytes, this one holds more`,
    { where: [name], hint: "Unzip it (gunzip --keep), or raise `maxUnzippedBytes`." },
  );
}

function damaged(name: string, cause: unknown): MillraceError {
  return new MillraceError("FILE_FORMAT", `a gzip file must be whole, but: ${messageOf(cause)}`, {
    where: [name],
    cause,
    hint: "Fetch or write the file again.",
  });
}
