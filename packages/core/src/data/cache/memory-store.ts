/** Records in shared memory: once for all threads of a process, for as long as the dataset lives. */
import { totalmem } from "node:os";
import { type Entry, newTable, Table, type TableCells } from "./table.js";
import { aligned } from "./record.js";
import { fullMessage, type Records, type RecordStore, type Warn } from "./store.js";

/** What crosses to other threads. */
export interface MemoryHandle {
  readonly in: "memory";
  readonly table: TableCells;
  /** Growable memory: reserved up to its end, taken as it fills. */
  readonly chunks: readonly SharedArrayBuffer[];
}

/** Address space of one piece; Node.js 20 allows 4 GiB. A record lies within one. */
const chunkBytes = 2 ** 30;

/** Memory is taken in steps of this many bytes. */
const growthBytes = 2 ** 24;

/** Half of the memory that this process may use. */
export function defaultMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  const limit = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(limit / 2);
}

/** Room for the records of `length` samples, `maxBytes` at most; only address space is taken at first. */
export function newMemory(length: number, maxBytes: number): MemoryHandle {
  const chunks: SharedArrayBuffer[] = [];
  try {
    for (let left = maxBytes; left > 0; left -= chunkBytes) {
      chunks.push(new SharedArrayBuffer(0, { maxByteLength: Math.min(left, chunkBytes) }));
    }
  } catch {
    // Address space may be limited: what there is serves, and the warning of a full cache tells its size.
  }
  const limit = chunks.reduce((sum, { maxByteLength }) => sum + maxByteLength, 0);
  return { in: "memory", table: newTable(length, limit, chunkBytes), chunks };
}

/** Bytes of records that are read together. */
const mostTogether = 262_144;

/** Words that a loop copies sooner than a call. */
const mostCopied = 128;

export class MemoryStore implements RecordStore {
  readonly #table: Table;
  readonly #chunks: readonly SharedArrayBuffer[];
  readonly #warn: Warn;
  /** The chunks as words, as far as they were read. */
  readonly #words: (Int32Array | undefined)[] = [];

  constructor({ table, chunks }: MemoryHandle, warn: Warn) {
    this.#table = new Table(table);
    this.#chunks = chunks;
    this.#warn = warn;
  }

  get open(): boolean {
    return !this.#table.stopped;
  }

  lengthOf(index: number): number {
    return this.#table.find(index)?.length ?? 0;
  }

  // A copy, so that no consumer can write to what others read.
  read(index: number): Buffer | undefined {
    const entry = this.#table.find(index);
    if (entry === undefined) return undefined;
    const record = Buffer.allocUnsafeSlow(entry.length);
    record.set(this.#view(entry.start, entry.length));
    return record;
  }

  readMany(indices: readonly number[]): Records | undefined {
    const entries = indices.map((index) => this.#table.find(index));
    const size = entries.reduce((sum, entry) => sum + (entry === undefined ? 0 : aligned(entry.length)), 0);
    // One large sample would hold the memory of all.
    if (size > mostTogether) return undefined;
    const memory = Buffer.allocUnsafeSlow(size);
    const words = new Int32Array(memory.buffer, 0, size / 4);
    const starts = new Int32Array(indices.length).fill(-1);
    let next = 0;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (entry === undefined) continue;
      starts[i] = next;
      this.#copyWords(entry, words, next / 4);
      next += aligned(entry.length);
    }
    return { memory, starts };
  }

  /** Records are short, as a rule: a view of each would cost more than its words. */
  #copyWords({ start, length }: Entry, words: Int32Array, to: number): void {
    const chunk = Math.floor(start / chunkBytes);
    const from = (start % chunkBytes) / 4;
    const count = Math.ceil(length / 4);
    const all = this.#wordsOf(chunk, from + count);
    if (count > mostCopied) words.set(all.subarray(from, from + count), to);
    else for (let i = 0; i < count; i++) words[to + i] = all[from + i];
  }

  /** A chunk as words, at least up to `end`. A view that grows with its chunk is many times slower to read. */
  #wordsOf(chunk: number, end: number): Int32Array {
    const known = this.#words[chunk];
    if (known !== undefined && known.length >= end) return known;
    const memory = this.#chunks[chunk];
    return (this.#words[chunk] = new Int32Array(memory, 0, Math.floor(memory.byteLength / 4)));
  }

  readInto(index: number, parts: readonly Uint8Array[]): boolean {
    const entry = this.#table.find(index);
    if (entry === undefined) return false;
    let { start } = entry;
    for (const part of parts) {
      part.set(this.#view(start, part.length));
      start += part.length;
    }
    return true;
  }

  write(index: number, record: Buffer): void {
    if (!this.open || !this.#table.claim(index)) return;
    const { length } = record;
    const start = this.#table.reserve(length);
    if (start === undefined || !this.#grow(start, length)) {
      this.#table.unclaim(index);
      const { stored, length: samples, used, limit } = this.#table;
      if (this.#table.stop()) {
        this.#warn(
          { stored, samples, bytes: used, maxBytes: limit },
          fullMessage(stored, samples, used, limit),
        );
      }
      return;
    }
    this.#view(start, length).set(record);
    this.#table.publish(index, { segment: 0, start, length, checksum: 0, verified: true });
  }

  close(): void {
    // Memory goes with the last thread that knows it.
  }

  #view(start: number, length: number): Uint8Array {
    return new Uint8Array(this.#chunks[Math.floor(start / chunkBytes)], start % chunkBytes, length);
  }

  /** Takes memory for a record; false if the system has no more. */
  #grow(start: number, length: number): boolean {
    const chunk = this.#chunks[Math.floor(start / chunkBytes)];
    const end = (start % chunkBytes) + length;
    while (chunk.byteLength < end) {
      const before = chunk.byteLength;
      try {
        const target = Math.ceil(end / growthBytes) * growthBytes;
        chunk.grow(Math.min(target, chunk.maxByteLength));
      } catch {
        // Another thread may have taken more than that meanwhile.
        if (chunk.byteLength === before) return false;
      }
    }
    return true;
  }
}
