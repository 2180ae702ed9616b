/** A file's bytes as a stream that leaves the file open: Node's own closes the handle that it reads from. */
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";

const pieceBytes = 2 ** 18;

/** From `start` to before `end`, or to where the file ends. */
export function streamOf(file: FileHandle, start = 0, end = Infinity): Readable {
  return Readable.from(pieces(file, start, end), { objectMode: false });
}

async function* pieces(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const length = Math.min(pieceBytes, end - at);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
