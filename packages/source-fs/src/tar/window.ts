/** The headers of an archive, read from a file in few and large reads: what lies between them is passed over where it is long. */
import { readAt } from "../files/read-at.js";
import { type TarEntry, type TarFile, readEntry } from "./entry.js";
import { tarFault } from "./faults.js";
import { blockBytes, readHeader } from "./header.js";

/** Entries are read together up to this; it takes as long as some twenty reads of a header alone. */
const largeRead = 2 ** 19;
/** A header, those that extend it, and a small file behind it. */
const smallRead = 2 ** 12;
/** From this mean distance on headers are read one by one. */
const farApart = 2 ** 15;

export class TarWindow {
  readonly #fd: number;
  readonly #file: TarFile;
  #bytes = Buffer.alloc(0);
  /** Where in the file the bytes begin, and how many are there. */
  #start = 0;
  #length = 0;
  #distance = 0;

  constructor(fd: number, file: TarFile) {
    this.#fd = fd;
    this.#file = file;
  }

  /** The entry at `position`, undefined at the end; or how many bytes from there `fill` must bring before it is known. */
  entry(position: number): TarEntry | number | undefined {
    if (position >= this.#file.size) return undefined;
    const at = position - this.#start;
    const isThere = at >= 0 && at <= this.#length;
    if (!isThere) return blockBytes;
    const found = readEntry(this.#bytes, at, this.#length, position, this.#file);
    if (typeof found === "object") this.#distance += (found.next - position - this.#distance) / 16;
    return found;
  }

  /** What lies at `position`, valid until `fill` is called; undefined where `fill` must bring it. */
  bytes(position: number, size: number): Buffer | undefined {
    const at = position - this.#start;
    return at >= 0 && at + size <= this.#length ? this.#bytes.subarray(at, at + size) : undefined;
  }

  /** Reads from `position` on, at least `size` bytes. Errors: FILE_FORMAT where the file has not so many; FILE_FAILED. */
  fill(position: number, size: number): void | Promise<void> {
    if (position + size > this.#file.size) throw cutOff(this.#file, position);
    const wanted = Math.max(size, this.#distance > farApart ? smallRead : largeRead);
    const length = Math.min(wanted, this.#file.size - position);
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(length);
    this.#length = 0;
    const there = (count: number): void => {
      if (count < size) throw cutOff(this.#file, position);
      this.#start = position;
      this.#length = count;
    };
    const read = readAt(this.#fd, this.#bytes.subarray(0, length), position, this.#file.name);
    return typeof read === "number" ? there(read) : read.then(there);
  }

  /** What stands behind the block of zeros at `position` that ends the archive: where another one begins, if it does. */
  async behind(position: number): Promise<number | undefined> {
    for (let at = position; at + blockBytes <= this.#file.size; at += blockBytes) {
      let block = this.bytes(at, blockBytes);
      if (block === undefined) {
        await this.fill(at, blockBytes);
        block = this.bytes(at, blockBytes) as Buffer;
      }
      if (block.every((byte) => byte === 0)) continue;
      return readHeader(block, 0) === undefined ? undefined : at;
    }
    return undefined;
  }
}

function cutOff({ name, size }: TarFile, position: number): Error {
  return tarFault(
    name,
    position,
    `an entry must have its whole header, but the file ends ${size - position} bytes after it begins`,
    "The file has been cut off: copy or make it again.",
  );
}
