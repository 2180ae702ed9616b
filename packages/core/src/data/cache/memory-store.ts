/** Records in shared memory: once for all threads of a process, for as long as the dataset lives. */
import { chunkBytes, type MemoryHandle } from "./memory.js";
import { type Entry, Table } from "./table.js";
import { compact, InternedSchemas, isReference } from "./interned.js";
import { aligned, headerBytes, type Schema, Schemas } from "./record.js";
import { fullMessage, type Records, type RecordStore, type Warn } from "./store.js";

/** Memory is taken in steps of this many bytes. */
const growthBytes = 2 ** 24;

/** Bytes of records that are read together. */
const mostTogether = 262_144;

/** Words that a loop copies sooner than a call. */
const mostCopied = 128;

/** Records that are read together; scratch memory but for the schemas, until the next call. */
interface Found {
  /** −1 where one is not there. */
  readonly places: Float64Array;
  readonly lengths: Int32Array;
  /** The second word of each. */
  readonly words: Uint32Array;
  readonly schemas: readonly (Schema | undefined)[];
}

function newFound(count: number): Found {
  return {
    places: new Float64Array(count),
    lengths: new Int32Array(count),
    words: new Uint32Array(count),
    schemas: [],
  };
}

/** Bytes from a record's place to its values. */
function valuesFrom(word: number, { valuesAt }: Schema): number {
  return isReference(word) ? headerBytes : valuesAt;
}

/** Bytes of a record's values; `length` counts the schema too, wherever that is. */
function valuesLength(length: number, schema: Schema | undefined): number {
  return schema === undefined ? 0 : length - schema.valuesAt;
}

export class MemoryStore implements RecordStore {
  readonly #table: Table;
  readonly #chunks: readonly SharedArrayBuffer[];
  readonly #warn: Warn;
  /** The chunks as words and as bytes, as far as they were read. */
  readonly #words: (Int32Array | undefined)[] = [];
  readonly #bytes: (Buffer | undefined)[] = [];
  #found = newFound(0);
  readonly schemas = new Schemas();
  readonly #interned = new InternedSchemas(this.schemas);

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
    this.#copy(entry, this.#secondWord(entry.start), [record]);
    record.writeUInt32LE(entry.length, 0);
    return record;
  }

  viewMany(indices: readonly number[]): Records | undefined {
    const { places, lengths, words, schemas } = this.#findMany(indices);
    const starts = new Int32Array(indices.length);
    let [size, chunk, end] = [0, -1, 0];
    for (let i = 0; i < starts.length; i++) {
      const schema = schemas[i];
      starts[i] = -1;
      if (schema === undefined) continue;
      const own = Math.floor(places[i] / chunkBytes);
      if (chunk < 0) chunk = own;
      size += lengths[i];
      if (own !== chunk || size > mostTogether) return undefined;
      starts[i] = places[i] - own * chunkBytes + valuesFrom(words[i], schema);
      end = Math.max(end, starts[i] + lengths[i] - schema.valuesAt);
    }
    return { memory: this.#bytesOf(Math.max(chunk, 0), end), starts, schemas };
  }

  readMany(indices: readonly number[]): Records | undefined {
    const { places, lengths, words, schemas } = this.#findMany(indices);
    let size = 0;
    const count = indices.length;
    for (let i = 0; i < count; i++) size += aligned(valuesLength(lengths[i], schemas[i]));
    // One large sample would hold the memory of all.
    if (size > mostTogether) return undefined;
    const memory = Buffer.allocUnsafeSlow(size);
    const target = new Int32Array(memory.buffer, 0, size / 4);
    const starts = new Int32Array(count);
    let next = 0;
    for (let i = 0; i < count; i++) {
      const schema = schemas[i];
      starts[i] = schema === undefined ? -1 : next;
      if (schema === undefined) continue;
      const length = valuesLength(lengths[i], schema);
      this.#copyWords(places[i] + valuesFrom(words[i], schema), length, target, next / 4);
      next += aligned(length);
    }
    return { memory, starts, schemas };
  }

  /** Where records lie, and what they are; in loops of their own, whose many cache misses are waited for together. */
  #findMany(indices: readonly number[]): Found {
    const count = indices.length;
    if (this.#found.places.length < count) this.#found = newFound(count);
    const { places, lengths, words } = this.#found;
    this.#table.findMany(indices, places, lengths);
    for (let i = 0; i < count; i++) words[i] = places[i] < 0 ? 0 : this.#secondWord(places[i]);
    const schemas: (Schema | undefined)[] = [];
    for (let i = 0; i < count; i++)
      schemas.push(places[i] < 0 ? undefined : this.#schemaOf(places[i], words[i]));
    return { places, lengths, words, schemas };
  }

  /** A view of each short record would cost more than its words. */
  #copyWords(start: number, length: number, words: Int32Array, to: number): void {
    const chunk = Math.floor(start / chunkBytes);
    const from = (start - chunk * chunkBytes) / 4;
    const count = Math.ceil(length / 4);
    const all = this.#wordsOf(chunk, from + count);
    if (count > mostCopied) words.set(all.subarray(from, from + count), to);
    else for (let i = 0; i < count; i++) words[to + i] = all[from + i];
  }

  #secondWord(start: number): number {
    const chunk = Math.floor(start / chunkBytes);
    const at = (start - chunk * chunkBytes) / 4 + 1;
    return this.#wordsOf(chunk, at + 1)[at] >>> 0;
  }

  #schemaOf(start: number, word: number): Schema {
    if (isReference(word)) return this.#referred(word);
    return this.schemas.of(Buffer.from(this.#view(start, aligned(headerBytes + word))));
  }

  #referred(word: number): Schema {
    return this.#interned.at(word, (start, length) => this.#view(start, length));
  }

  /** The record, its schema put back in its place, into `parts` one after the other. */
  #copy({ start, length }: Entry, word: number, parts: readonly Uint8Array[]): void {
    const schema = isReference(word) ? this.#referred(word) : undefined;
    const valuesAt = schema?.valuesAt ?? 0;
    const valuesStart = start + (schema === undefined ? 0 : headerBytes);
    let at = 0;
    for (const part of parts) {
      const before = Math.min(part.length, valuesAt - at);
      if (schema === undefined || before <= 0) part.set(this.#view(valuesStart + at - valuesAt, part.length));
      else {
        part.set(before === valuesAt ? schema.record : schema.record.subarray(at, at + before));
        const values = Math.min(part.length - before, length - valuesAt);
        if (values > 0) part.set(this.#view(valuesStart, values), before);
      }
      at += part.length;
    }
  }

  /** A chunk as words, at least up to `end`. A view that grows with its chunk is many times slower to read. */
  #wordsOf(chunk: number, end: number): Int32Array {
    const known = this.#words[chunk];
    if (known !== undefined && known.length >= end) return known;
    const memory = this.#chunks[chunk];
    return (this.#words[chunk] = new Int32Array(memory, 0, Math.floor(memory.byteLength / 4)));
  }

  #bytesOf(chunk: number, end: number): Buffer {
    const known = this.#bytes[chunk];
    if (known !== undefined && known.length >= end) return known;
    const memory = this.#chunks[chunk];
    return (this.#bytes[chunk] = Buffer.from(memory, 0, memory.byteLength));
  }

  readInto(index: number, parts: readonly Uint8Array[]): boolean {
    const entry = this.#table.find(index);
    if (entry === undefined) return false;
    this.#copy(entry, this.#secondWord(entry.start), parts);
    return true;
  }

  write(index: number, record: Buffer): void {
    if (!this.open || !this.#table.claim(index)) return;
    const schema = this.schemas.of(record);
    const reference = this.#interned.referenceFor(schema, (bytes) => this.#keep(bytes));
    const start = this.#keep(reference === undefined ? record : compact(record, schema, reference));
    if (start === undefined) {
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
    this.#table.publish(index, { segment: 0, start, length: record.length, checksum: 0, verified: true });
  }

  /** Writes into memory that is not handed out yet: where it starts; undefined if there is no more. */
  #keep(bytes: Uint8Array): number | undefined {
    const start = this.#table.reserve(bytes.length);
    if (start === undefined || !this.#grow(start, bytes.length)) return undefined;
    this.#view(start, bytes.length).set(bytes);
    return start;
  }

  /** Memory goes with the last thread that knows it. */
  close(): void {}

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
