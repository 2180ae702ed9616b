/** The values of pages, written one page after the other into one array for the whole column. */
import type { Encoding } from "hyparquet";
import type { PlainValues, RawNumbers } from "../columnar/raw.js";
import { type Content, outside, type ValueStore } from "./content.js";
import { joinStreams, unpackDelta } from "./delta.js";
import { readHybrid } from "./hybrid.js";
import { packedStore } from "./packed-values.js";
import type { ParquetColumn } from "./schema.js";

/** For `most` values of the column at most. */
export function storeFor(column: ParquetColumn, most: number, mostBytes: number): ValueStore {
  const { physical, width } = column;
  if (physical === "BYTE_ARRAY" || physical === "FIXED_LEN_BYTE_ARRAY")
    return packedStore(physical === "BYTE_ARRAY" ? undefined : width, most, mostBytes);
  const data = arrayFor(column, most);
  return {
    take: (content, at) => numbersOf(content, column, data, at),
    lookUp(dictionary, codes, at) {
      const from = (dictionary as PlainValues & { form: "numbers" }).data;
      const count = from.length;
      for (let i = 0; i < codes.length; i++) {
        const code = codes[i];
        if (code < 0 || code >= count) throw outside(code);
        data[at + i] = from[code];
      }
    },
    finish: () => ({ form: "numbers", data }),
  };
}

function arrayFor({ physical, isUnsigned }: ParquetColumn, length: number): RawNumbers {
  switch (physical) {
    case "BOOLEAN":
      return new Uint8Array(length);
    case "INT32":
      return isUnsigned ? new Uint32Array(length) : new Int32Array(length);
    case "INT64":
      return isUnsigned ? new BigUint64Array(length) : new BigInt64Array(length);
    case "FLOAT":
      return new Float32Array(length);
    default:
      return new Float64Array(length);
  }
}

function numbersOf(content: Content, column: ParquetColumn, data: RawNumbers, at: number): void {
  const { bytes, start, count, encoding } = content;
  const { physical, width } = column;
  if (physical === "BOOLEAN") return booleansOf(content, data as Uint8Array, at);
  if (encoding === "DELTA_BINARY_PACKED" && (physical === "INT32" || physical === "INT64")) {
    const target = physical === "INT32" ? Int32Array : BigInt64Array;
    unpackDelta(content, new target(data.buffer as ArrayBuffer, at * width, count));
    return;
  }
  if (encoding !== "PLAIN" && encoding !== "BYTE_STREAM_SPLIT") throw unknown(encoding, column);
  if (count * width > bytes.length - start) throw new Error("a page ends before its last value");
  if (physical === "INT96") return instantsOf(content, data as Float64Array, at);
  const target = new Uint8Array(data.buffer, at * width, count * width);
  if (encoding === "PLAIN") target.set(bytes.subarray(start, start + count * width));
  else joinStreams(bytes.subarray(start), target, width);
}

function booleansOf({ bytes, start, count, encoding }: Content, data: Uint8Array, at: number): void {
  if (encoding === "RLE") {
    // Its length stands before it, and is that of the rest.
    readHybrid(bytes, { start: start + 4, end: bytes.length, width: 1 }, data, at, count);
    return;
  }
  if (encoding !== "PLAIN") throw new Error(`its flags are written as ${encoding}, which is not known`);
  if (Math.ceil(count / 8) > bytes.length - start) throw new Error("a page ends before its last value");
  for (let i = 0; i < count; i++) data[at + i] = (bytes[start + (i >> 3)] >> (i & 7)) & 1;
}

/** UTC seconds of nanoseconds in a day and the day's Julian number. */
function instantsOf({ bytes, start, count, encoding }: Content, data: Float64Array, at: number): void {
  if (encoding !== "PLAIN") throw new Error(`its times are written as ${encoding}, which is not known`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, count * 12);
  for (let i = 0; i < count; i++) {
    const days = view.getUint32(i * 12 + 8, true) - 2_440_588;
    data[at + i] = days * 86_400 + Number(view.getBigInt64(i * 12, true)) / 1e9;
  }
}

function unknown(encoding: Encoding, { physical }: ParquetColumn): Error {
  return new Error(`its values of ${physical} are written as ${encoding}, which is not known`);
}
