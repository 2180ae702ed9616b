/**
 * The bytes of one cached sample: a header, the schema that says what lies where, and the values.
 *
 *     0  uint32  length of the record
 *     4  uint32  length n of the schema
 *     8  n       the schema: a `Field` as JSON, padded to 8 bytes
 *        values  numbers, booleans and NdArrays at the offsets that the schema gives, each at a multiple of 8
 *        arrays  the elements that `sequence` fields point to, each at a multiple of 8
 *        texts   the characters that `text` fields point to
 *
 * Samples of one structure have one schema, byte for byte, so that a batch of them can be read by columns. Numbers are
 * little-endian, as on every machine that Node.js is built for but one.
 */
import type { DType } from "../../contracts/ndarray.js";

/** The typed arrays that a sample may hold. */
export const arrayTypes = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

export type ArrayType = keyof typeof arrayTypes;

/** What stands at one place of a sample. `at` counts in bytes from the start of the values. */
export type Field =
  | { readonly kind: "number" | "boolean" | "text" | "bigint"; readonly at: number }
  | { readonly kind: "null" | "undefined" }
  /** A list of numbers alone. */
  | { readonly kind: "numbers"; readonly at: number; readonly length: number }
  | ArrayField
  | SequenceField
  | { readonly kind: "list"; readonly fields: readonly Field[] }
  | ObjectField
  /** An object without a prototype. */
  | { readonly kind: "bare"; readonly keys: readonly string[]; readonly fields: readonly Field[] };

export interface ObjectField {
  readonly kind: "object";
  readonly keys: readonly string[];
  readonly fields: readonly Field[];
}

/** An NdArray; `dtype` and `shape` are absent for the typed array of a sequence that was found at its place. */
export interface ArrayField {
  readonly kind: "array";
  readonly at: number;
  readonly length: number;
  readonly type: ArrayType | "Buffer";
  readonly dtype?: DType;
  readonly shape?: readonly number[];
}

/**
 * A typed array, of any length under one schema: at `at` stand, as uint32, where its elements begin, in bytes from the
 * start of the values, and how many there are.
 */
export interface SequenceField {
  readonly kind: "sequence";
  readonly at: number;
  readonly type: ArrayType | "Buffer";
}

/** Bytes before the schema. */
export const headerBytes = 8;

/** The next multiple of 8. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** The number of bytes of an array's elements. */
export function bytesOf({ type, length }: ArrayField): number {
  return length * arrayTypes[type === "Buffer" ? "Uint8Array" : type].BYTES_PER_ELEMENT;
}

/** The array of a sequence whose values start at `start` in its record. */
export function sequenceAt({ at, type }: SequenceField, record: Buffer, start: number): ArrayField {
  const [offset, length] = [record.readUInt32LE(start + at), record.readUInt32LE(start + at + 4)];
  return { kind: "array", at: offset, length, type };
}

/** A schema that was read, and where the values of its records start. */
export interface Schema {
  readonly field: Field;
  readonly valuesAt: number;
  /** The bytes from the schema's length to the start of the values: equal in records of one schema. */
  readonly bytes: Buffer;
  /** A record of no values. */
  readonly record: Buffer;
}

/** More structures than this in one dataset, such as images of every size, are parsed again now and then. */
const mostKnown = 1024;

/** Parses each schema once. */
export class Schemas {
  /** By a hash of their bytes: images of many sizes have as many schemas, and a string for each would cost most. */
  readonly #known = new Map<number, Schema[]>();
  #count = 0;
  /** Most records have the schema of the one before. */
  #last: Schema | undefined;

  /** The schema of the record at `at`, or of its beginning up to the values. */
  of(record: Buffer, at = 0): Schema {
    const length = record.readUInt32LE(at + 4);
    const valuesAt = aligned(headerBytes + length);
    const isSame = ({ bytes }: Schema) => bytes.compare(record, at + 4, at + valuesAt) === 0;
    if (this.#last !== undefined && isSame(this.#last)) return this.#last;
    const hash = hashOf(record, at + 4, at + valuesAt);
    const found = this.#known.get(hash)?.find(isSame);
    if (found !== undefined) return (this.#last = found);
    const text = record.toString("utf8", at + headerBytes, at + headerBytes + length);
    const own = Buffer.from(record.subarray(at, at + valuesAt));
    own.writeUInt32LE(valuesAt, 0);
    const schema = { field: JSON.parse(text) as Field, valuesAt, bytes: own.subarray(4), record: own };
    if (this.#count >= mostKnown) this.#known.clear();
    this.#count = this.#count >= mostKnown ? 1 : this.#count + 1;
    this.#known.set(hash, [...(this.#known.get(hash) ?? []), schema]);
    return (this.#last = schema);
  }
}

/** FNV-1a by words of four bytes. */
function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at += 4) hash = Math.imul(hash ^ bytes.readInt32LE(at), 0x01000193);
  return hash;
}
