/**
 * The bytes of one cached sample: a header, the schema that says what lies where, and the values.
 *
 *     0  uint32  length of the record
 *     4  uint32  length n of the schema
 *     8  n       the schema: a `Field` as JSON, padded to 8 bytes
 *        values  numbers, booleans and arrays at the offsets that the schema gives, each at a multiple of 8
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
  | { readonly kind: "list"; readonly fields: readonly Field[] }
  | ObjectField
  /** An object without a prototype. */
  | { readonly kind: "bare"; readonly keys: readonly string[]; readonly fields: readonly Field[] };

export interface ObjectField {
  readonly kind: "object";
  readonly keys: readonly string[];
  readonly fields: readonly Field[];
}

/** A typed array, or an NdArray where `dtype` and `shape` are there. */
export interface ArrayField {
  readonly kind: "array";
  readonly at: number;
  readonly length: number;
  readonly type: ArrayType | "Buffer";
  readonly dtype?: DType;
  readonly shape?: readonly number[];
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

/** A schema that was read, and where the values of its records start. */
export interface Schema {
  readonly field: Field;
  readonly valuesAt: number;
  /** The bytes from the schema's length to the start of the values: equal in records of one schema. */
  readonly bytes: Buffer;
}

/** More structures than this in one dataset, such as images of every size, are parsed again now and then. */
const mostKnown = 1024;

/** Parses each schema once. */
export class Schemas {
  /** By a hash of their bytes: sequences of many lengths have as many schemas, and a string for each would cost most. */
  readonly #known = new Map<number, Schema[]>();
  #count = 0;

  /** The schema of the record at `at`, or of its beginning up to the values. */
  of(record: Buffer, at = 0): Schema {
    const length = record.readUInt32LE(at + 4);
    const valuesAt = aligned(headerBytes + length);
    const hash = hashOf(record, at + 4, at + valuesAt);
    const known = this.#known.get(hash);
    const isSame = ({ bytes }: Schema) => bytes.compare(record, at + 4, at + valuesAt) === 0;
    const found = known?.find(isSame);
    if (found !== undefined) return found;
    const text = record.toString("utf8", at + headerBytes, at + headerBytes + length);
    const bytes = Buffer.from(record.subarray(at + 4, at + valuesAt));
    const schema = { field: JSON.parse(text) as Field, valuesAt, bytes };
    if (this.#count >= mostKnown) this.#known.clear();
    this.#count = this.#count >= mostKnown ? 1 : this.#count + 1;
    this.#known.set(hash, [...(this.#known.get(hash) ?? []), schema]);
    return schema;
  }
}

/** FNV-1a by words of four bytes. */
function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at += 4) hash = Math.imul(hash ^ bytes.readInt32LE(at), 0x01000193);
  return hash;
}
