/** Open archives of one thread: as few at once as are in use, and still the files that were opened first. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { fileFault, MillraceError } from "@millrace/core";
import { readAt } from "../files/read-at.js";
import type { Shard } from "./shards.js";

/** Archives that are kept open; the one that was used least recently makes room. */
const mostOpen = 64;
/** Milliseconds after which an open archive is looked at again: whether it was changed. */
const trusted = 5;

interface OpenFile {
  readonly fd: number;
  reads: number;
  /** When it was last known to be the same. */
  seen: number;
}

export class Archives {
  readonly #shards: readonly Shard[];
  readonly #open = new Map<number, OpenFile>();
  #closed = false;

  constructor(shards: readonly Shard[]) {
    this.#shards = shards;
  }

  /** The file of a shard, which stays open until it is released. Errors: FILE_NOT_FOUND, FILE_FORMAT, DATASET_CLOSED. */
  hold(shard: number): { readonly fd: number; readonly release: () => void } {
    const file = this.#take(shard);
    file.reads++;
    let released = false;
    return {
      fd: file.fd,
      release: () => {
        if (released) return;
        released = true;
        file.reads--;
        if (this.#closed && file.reads === 0) closeSync(file.fd);
      },
    };
  }

  /** `size` bytes at `position` of a shard, in memory of their own. */
  read(shard: number, position: number, size: number): Uint8Array | Promise<Uint8Array> {
    const { path } = this.#shards[shard];
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
    const whole = (count: number): Uint8Array => {
      if (count === size) return bytes;
      throw changed(path, `ends ${size - count} bytes before an entry does`);
    };
    const { fd, release } = this.hold(shard);
    let read: number | Promise<number>;
    try {
      read = readAt(fd, bytes, position, path);
    } catch (error) {
      release();
      throw error;
    }
    if (typeof read !== "number") return read.finally(release).then(whole);
    release();
    return whole(read);
  }

  close(): void {
    this.#closed = true;
    for (const { fd, reads } of this.#open.values()) if (reads === 0) closeSync(fd);
    this.#open.clear();
  }

  #take(shard: number): OpenFile {
    if (this.#closed)
      throw new MillraceError("DATASET_CLOSED", "shards must not be read after they are closed");
    const known = this.#open.get(shard);
    if (known !== undefined) {
      // The last in the map is the one that was used last.
      if (this.#open.size === mostOpen) {
        this.#open.delete(shard);
        this.#open.set(shard, known);
      }
      const now = performance.now();
      if (now - known.seen > trusted) requireSame(known.fd, this.#shards[shard]);
      known.seen = now;
      return known;
    }
    this.#makeRoom();
    const file = { fd: openSame(this.#shards[shard]), reads: 0, seen: performance.now() };
    this.#open.set(shard, file);
    return file;
  }

  #makeRoom(): void {
    if (this.#open.size < mostOpen) return;
    for (const [shard, { fd, reads }] of this.#open) {
      if (reads > 0) continue;
      this.#open.delete(shard);
      closeSync(fd);
      return;
    }
  }
}

function openSame(shard: Shard): number {
  const { path } = shard;
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
  try {
    requireSame(fd, shard);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function requireSame(fd: number, { path, stamp }: Shard): void {
  const { size, mtimeNs } = fstatSync(fd, { bigint: true });
  if (`${size} ${mtimeNs}` !== stamp) throw changed(path, "was changed since it was opened");
}

function changed(path: string, what: string): MillraceError {
  return new MillraceError("FILE_FORMAT", `a shard must stay as it is while it is used, but it ${what}`, {
    where: [path],
    hint: "Start again when nobody writes to it any more.",
  });
}
