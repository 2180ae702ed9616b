/** Reads a part of an open file the cheapest way there is: at once where the storage answers at once, else asynchronously. */
import { read, readSync } from "node:fs";
import { promisify } from "node:util";
import { isMainThread } from "node:worker_threads";
import { fileFault } from "@millrace/core";

const readLater = promisify(read);

/**
 * Milliseconds. A read costs a few µs from memory, some 50 more if it is asynchronous. A worker has nothing else to do while it
 * waits; in the main thread others wait too.
 */
const patience = isMainThread ? 0.2 : 1;
/** Asynchronous reads before the storage is tried again: it may have been slow for a moment, or only this process. */
const pauseReads = 500;
/** Mean duration of the last dozen or so of synchronous reads of up to a megabyte in this thread. */
let usual = 0;
let pause = 0;

/** How many bytes from `position` on it read into `bytes`: all of them, but at the end of the file. Errors: FILE_FAILED. */
export function readAt(
  fd: number,
  bytes: Uint8Array,
  position: number,
  path: string,
): number | Promise<number> {
  if (usual > patience) {
    usual = patience / 2;
    pause = pauseReads;
  }
  if (pause > 0) {
    pause--;
    return readAsync(fd, bytes, position, path);
  }
  const started = performance.now();
  try {
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(fd, bytes, done, bytes.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  } finally {
    const part = 2 ** 20 / Math.max(2 ** 20, bytes.length);
    // One that was interrupted says nothing of the storage.
    usual += (Math.min((performance.now() - started) * part, 5 * patience) - usual) / 12;
  }
}

async function readAsync(fd: number, bytes: Uint8Array, position: number, path: string): Promise<number> {
  try {
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await readLater(fd, bytes, done, bytes.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
}
