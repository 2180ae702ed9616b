/**
 * Records in files. Each process appends to a segment of its own: `<name>.data` holds records, `<name>.index` an entry for
 * each, written after its record. An entry that is torn, or a record whose checksum is wrong, counts as not there; so
 * processes may be killed, read and write at any time, and nothing is ever locked.
 */
import { closeSync, constants, openSync, readSync, readvSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf } from "../../errors.js";
import { Schemas } from "./record.js";
import { amount, fullMessage, type RecordStore, type Warn } from "./store.js";
import { type Entry, Table, type TableCells } from "./table.js";

/** What crosses to other threads. */
export interface DiskHandle {
  readonly in: "disk";
  readonly table: TableCells;
  /** Absolute. */
  readonly folder: string;
  /** Names of the segments, without their endings; the last is this process's own. */
  readonly segments: readonly string[];
  /** Bytes of the segments that were there before. */
  readonly usedBefore: number;
}

/** An index entry: sample, first unit, length, checksum, and the checksum of these four, as uint32. */
export const indexEntryBytes = 20;

/** The system reads into no more parts at once; some allow but 1024. */
const mostParts = 512;

/** Damaged records that are named, in all threads together. */
const mostNamed = 5;

export class DiskStore implements RecordStore {
  readonly schemas = new Schemas();
  readonly #handle: DiskHandle;
  readonly #table: Table;
  readonly #warn: Warn;
  readonly #files = new Map<string, number>();

  constructor(handle: DiskHandle, warn: Warn) {
    this.#handle = handle;
    this.#table = new Table(handle.table);
    this.#warn = warn;
  }

  get open(): boolean {
    return !this.#table.stopped;
  }

  lengthOf(index: number): number {
    return this.#table.find(index)?.length ?? 0;
  }

  read(index: number): Buffer | undefined {
    const entry = this.#table.find(index);
    if (entry === undefined) return undefined;
    const record = Buffer.allocUnsafeSlow(entry.length);
    return this.#readParts(index, entry, [record]) ? record : undefined;
  }

  readInto(index: number, parts: readonly Uint8Array[]): boolean {
    const entry = this.#table.find(index);
    if (entry === undefined) return false;
    if (parts.length <= mostParts) return this.#readParts(index, entry, parts);
    const record = this.read(index);
    if (record === undefined) return false;
    let start = 0;
    for (const part of parts) {
      part.set(record.subarray(start, start + part.length));
      start += part.length;
    }
    return true;
  }

  write(index: number, record: Buffer): void {
    if (!this.open || !this.#table.claim(index)) return;
    try {
      const start = this.#table.reserve(record.length);
      if (start === undefined) throw undefined;
      const checksum = crc32(record, index);
      writeAll(this.#file(this.#own, ".data"), record, start);
      const entry = indexEntry(index, start, record.length, checksum);
      writeAll(this.#file(this.#own, ".index"), entry, this.#table.nextIndexEntry() * indexEntryBytes);
      this.#table.publish(index, {
        segment: this.#own,
        start,
        length: record.length,
        checksum,
        verified: true,
      });
    } catch (error) {
      this.#table.unclaim(index);
      if (this.#table.stop()) this.#sayStopped(error);
    }
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  get #own(): number {
    return this.#handle.segments.length - 1;
  }

  #readParts(index: number, entry: Entry, parts: readonly Uint8Array[]): boolean {
    try {
      const file = this.#file(entry.segment, ".data");
      const read =
        parts.length === 1
          ? readSync(file, parts[0], 0, parts[0].length, entry.start)
          : readvSync(file, parts, entry.start);
      if (read !== entry.length) return this.#damaged(index, entry, "it ends too early");
    } catch (error) {
      return this.#damaged(index, entry, messageOf(error));
    }
    // The checksum costs more than reading: once in a process is enough.
    if (entry.verified) return true;
    let checksum = index;
    for (const part of parts) checksum = crc32(part, checksum);
    if (checksum !== entry.checksum) return this.#damaged(index, entry, "its checksum is wrong");
    this.#table.verify(index, entry);
    return true;
  }

  #damaged(index: number, entry: Entry, why: string): false {
    if (this.#table.forget(index, entry)) {
      const faults = this.#table.countFault();
      const file = join(this.#handle.folder, `${this.#handle.segments[entry.segment]}.data`);
      const more = faults === mostNamed - 1 ? ". Further ones are not named" : "";
      const message = `sample ${index} in the cache file ${file} cannot be used: ${why}. It is made again${more}`;
      if (faults < mostNamed) this.#warn({ sample: index, file, start: entry.start }, message);
    }
    return false;
  }

  #sayStopped(error: unknown): void {
    const { folder, usedBefore } = this.#handle;
    const { stored, length, used, limit } = this.#table;
    const bytes = usedBefore + used;
    const fields = { folder, stored, samples: length, bytes, maxBytes: usedBefore + limit };
    const message =
      error === undefined
        ? fullMessage(stored, length, bytes, usedBefore + limit)
        : `the cache in ${folder} cannot be written to: ${messageOf(error)}. It holds ${stored} of ${length} samples in ${amount(bytes)}; the others are made each time`;
    this.#warn(fields, message);
  }

  /** The descriptor of a segment's file, opened when it is first needed; this thread's own. */
  #file(segment: number, ending: ".data" | ".index"): number {
    const name = `${this.#handle.segments[segment]}${ending}`;
    let file = this.#files.get(name);
    if (file === undefined) {
      const flags = segment === this.#own ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY;
      file = openSync(join(this.#handle.folder, name), flags);
      this.#files.set(name, file);
    }
    return file;
  }
}

function indexEntry(index: number, start: number, length: number, checksum: number): Buffer {
  const entry = Buffer.alloc(indexEntryBytes);
  entry.writeUInt32LE(index, 0);
  entry.writeUInt32LE(start / 64, 4);
  entry.writeUInt32LE(length, 8);
  entry.writeUInt32LE(checksum, 12);
  entry.writeUInt32LE(crc32(entry.subarray(0, 16)), 16);
  return entry;
}

function writeAll(file: number, bytes: Buffer, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
