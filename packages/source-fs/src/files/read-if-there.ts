/** Reads whole files the cheapest way there is: at once where the storage answers at once, else several in flight. */
import { readFile, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { isMainThread } from "node:worker_threads";

// Half the cost of fs/promises, whose file handles are of no use here.
const read = promisify(readFile);

/** Milliseconds: an asynchronous read costs a tenth of this more than a synchronous one, and lets others run meanwhile. */
const patience = 1;
/** Mean duration of the last dozen or so of synchronous reads in this thread. */
let usual = 0;

/**
 * The content of the file at `path`, or undefined if it cannot be read. A worker has nothing else to do, so there the
 * content comes at once (40 µs from memory instead of 120), until reads turn out to be slow: then waiting for one at a
 * time would be the whole cost.
 */
export function readIfThere(path: string): Buffer | undefined | Promise<Buffer | undefined> {
  if (isMainThread || usual > patience) return read(path).catch(() => undefined);
  const started = performance.now();
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  } finally {
    usual += (performance.now() - started - usual) / 12;
  }
}
