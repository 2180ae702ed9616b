/** A sample as a record. */
import { type DType, isNdArray } from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { isPlainObject, join, kindOf, place } from "../collate/kinds.js";
import { aligned, type ArrayType, arrayTypes, type Field, headerBytes } from "./record.js";

/** Values nested deeper than this go round in a circle. */
const deepest = 64;

/** What the 31 bits of a text's length allow, and every Node.js can allocate. */
const largest = 2 ** 31 - 1;

/** Collects what is to be written while the schema is made. */
interface Parts {
  /** Bytes of values so far. */
  size: number;
  readonly values: { readonly at: number; readonly value: number | ArrayBufferView | readonly number[] }[];
  readonly arrays: { readonly at: number; readonly array: ArrayBufferView & { readonly length: number } }[];
  readonly texts: { readonly at: number; readonly text: string }[];
}

/**
 * The record of `sample`: plain objects, arrays, NdArrays, typed arrays, numbers, bigints, strings, booleans, null and
 * undefined, each of which `decode` gives back as it was.
 *
 * @throws MillraceError CACHE_VALUE for any other value, naming its field.
 */
export function encode(sample: unknown): Buffer {
  const parts: Parts = { size: 0, values: [], arrays: [], texts: [] };
  const schema = Buffer.from(JSON.stringify(fieldOf(sample, parts, "", 0)));
  const valuesAt = aligned(headerBytes + schema.length);
  const texts = parts.texts.map(({ at, text }) => ({ at, ...bytesOfText(text) }));
  let end = valuesAt + parts.size;
  const places = parts.arrays.map(
    ({ array }) => (end += aligned(array.byteLength)) - aligned(array.byteLength),
  );
  const length = texts.reduce((sum, { bytes }) => sum + bytes.length, end);
  if (length > largest) throw refused("", `of ${length} bytes, more than 2 GiB`);
  const record = Buffer.alloc(length);
  record.writeUInt32LE(length, 0);
  record.writeUInt32LE(schema.length, 4);
  record.set(schema, headerBytes);
  for (const { at, value } of parts.values) writeValue(record, valuesAt + at, value);
  for (const [i, { at, array }] of parts.arrays.entries()) {
    record.writeUInt32LE(places[i] - valuesAt, valuesAt + at);
    record.writeUInt32LE(array.length, valuesAt + at + 4);
    writeValue(record, places[i], array);
  }
  for (const { at, bytes, wide } of texts) {
    record.writeUInt32LE(end - valuesAt, valuesAt + at);
    // The lowest bit says how the characters are written, so that a length takes 31.
    record.writeUInt32LE(bytes.length * 2 + (wide ? 1 : 0), valuesAt + at + 4);
    record.set(bytes, end);
    end += bytes.length;
  }
  return record;
}

function fieldOf(value: unknown, parts: Parts, path: string, depth: number): Field {
  if (depth > deepest) throw refused(path, "nested more than 64 deep");
  switch (typeof value) {
    case "number":
      return { kind: "number", at: put(parts, value, 8) };
    case "boolean":
      return { kind: "boolean", at: put(parts, value ? 1 : 0, 8) };
    case "undefined":
      return { kind: "undefined" };
    case "string":
    case "bigint": {
      const at = reserve(parts, 8);
      parts.texts.push({ at, text: String(value) });
      return { kind: typeof value === "string" ? "text" : "bigint", at };
    }
    case "object":
      return value === null ? { kind: "null" } : objectField(value, parts, path, depth);
  }
  throw refused(path, kindOf(value));
}

function objectField(value: object, parts: Parts, path: string, depth: number): Field {
  if (ArrayBuffer.isView(value)) return sequenceField(value, parts, path);
  if (isNdArray(value) && isPlainObject(value) && Object.keys(value).length === 3) {
    const { dtype, shape, data } = value as { dtype: DType; shape: readonly number[]; data: ArrayBufferView };
    return { ...arrayField(data, parts, join(path, "data")), dtype, shape };
  }
  if (Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype) {
    if (Object.keys(value).length !== value.length)
      throw refused(path, "an array with other fields than its items");
    if (value.length > 0 && value.every((item) => typeof item === "number")) {
      return { kind: "numbers", length: value.length, at: put(parts, value, value.length * 8) };
    }
    const fields = Array.from(value, (item, i) => fieldOf(item, parts, `${path}[${i}]`, depth + 1));
    return { kind: "list", fields };
  }
  if (!isPlainObject(value)) throw refused(path, kindOf(value));
  const [symbol] = Object.getOwnPropertySymbols(value);
  if (symbol !== undefined) throw refused(join(path, String(symbol)), "a field whose name is a symbol");
  const keys = Object.keys(value);
  const fields = keys.map((key) => fieldOf(value[key], parts, join(path, key), depth + 1));
  return { kind: Object.getPrototypeOf(value) === null ? "bare" : "object", keys, fields };
}

function arrayField(value: ArrayBufferView, parts: Parts, path: string): Field & { kind: "array" } {
  const type = typeOf(value, path);
  const { length } = value as Uint8Array;
  return { kind: "array", type, length, at: put(parts, value, value.byteLength) };
}

function sequenceField(value: ArrayBufferView, parts: Parts, path: string): Field {
  const type = typeOf(value, path);
  const at = reserve(parts, 8);
  parts.arrays.push({ at, array: value as Uint8Array });
  return { kind: "sequence", type, at };
}

function typeOf(value: ArrayBufferView, path: string): ArrayType | "Buffer" {
  const { name } = value.constructor;
  if (name === "Buffer" || Object.hasOwn(arrayTypes, name)) return name as ArrayType | "Buffer";
  throw refused(path, kindOf(value));
}

function put(parts: Parts, value: number | ArrayBufferView | readonly number[], bytes: number): number {
  const at = reserve(parts, bytes);
  parts.values.push({ at, value });
  return at;
}

function reserve(parts: Parts, bytes: number): number {
  const at = parts.size;
  parts.size += aligned(bytes);
  return at;
}

function writeValue(record: Buffer, at: number, value: number | ArrayBufferView | readonly number[]): void {
  if (typeof value === "number") record.writeDoubleLE(value, at);
  else if (ArrayBuffer.isView(value)) {
    record.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), at);
  } else value.forEach((item, i) => record.writeDoubleLE(item, at + i * 8));
}

/** One byte per character where that is enough, two otherwise: unlike UTF-8, exact for every string. */
function bytesOfText(text: string): { readonly bytes: Buffer; readonly wide: boolean } {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 255) return { bytes: Buffer.from(text, "utf16le"), wide: true };
  }
  return { bytes: Buffer.from(text, "latin1"), wide: false };
}

function refused(path: string, received: string): MillraceError {
  return new MillraceError(
    "CACHE_VALUE",
    `a cache keeps NdArrays, typed arrays, numbers, bigints, strings, booleans, null, and plain objects and arrays of them, but ${place(path)} is ${received}`,
    { hint: "Convert or leave it out in a transform before the cache." },
  );
}
