/** Values as Arrow lays them out, as columns take them. */
import { half } from "../columnar/half.js";
import type { Meaning, PlainValues, RawNumbers } from "../columnar/raw.js";
import type { Batch, Place } from "./batch.js";
import type { Layout } from "./types.js";

/** One byte, 0 or 1, for each of `count` bits from `start` on. */
export function bits(bytes: Uint8Array, start: number, count: number): Uint8Array<ArrayBuffer> {
  requireBytes(bytes, Math.ceil((start + count) / 8));
  const found = new Uint8Array(count);
  for (let i = 0; i < count; i++) found[i] = (bytes[(start + i) >> 3] >> ((start + i) & 7)) & 1;
  return found;
}

function requireBytes(bytes: Uint8Array, needed: number): void {
  if (bytes.length < needed) throw new Error(`a buffer has ${bytes.length} bytes where ${needed} must be`);
}

/** Where the lists of these rows begin and the last one ends, among the elements. */
export async function listStarts(
  batch: Batch,
  { buffer }: Place,
  { start, count }: { readonly start: number; readonly count: number },
  isLarge: boolean,
): Promise<Uint32Array> {
  if (count === 0) return new Uint32Array(1);
  return offsetsIn(await batch.read(buffer + 1), start, count, isLarge);
}

/** Ascending offsets; `isLarge` ones have 64 bits, of which 32 are enough. */
function offsetsIn(bytes: Uint8Array, start: number, count: number, isLarge: boolean): Uint32Array {
  const width = isLarge ? 8 : 4;
  requireBytes(bytes, (start + count + 1) * width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Uint32Array(count + 1);
  let before = 0;
  for (let i = 0; i <= count; i++) {
    const at = (start + i) * width;
    const offset = isLarge ? Number(view.getBigInt64(at, true)) : view.getInt32(at, true);
    if (!(offset >= before && offset < 2 ** 32))
      throw new Error(`values cannot begin at ${offset} behind ${before}`);
    found[i] = offset;
    before = offset;
  }
  return found;
}

/** The `count` values from `start` on. Throws a plain Error where the buffers are too short for them. */
export async function valuesOf(
  batch: Batch,
  layout: Layout,
  { buffer, more }: Place,
  start: number,
  count: number,
  meaning: Meaning,
): Promise<PlainValues> {
  switch (layout.kind) {
    case "null":
      return { form: "numbers", data: new Uint8Array(count) };
    case "bool":
      return { form: "numbers", data: bits(await batch.read(buffer + 1), start, count) };
    case "numbers":
      return { form: "numbers", data: numbers(await batch.read(buffer + 1), layout, start, count) };
    case "fixed":
      return fixed(await batch.read(buffer + 1), layout.width, start, count, meaning);
    case "bytes":
      if (count === 0) return { form: "packed", bytes: new Uint8Array(0), starts: new Uint32Array(1) };
      return bytesOf(
        await batch.read(buffer + 1),
        await batch.read(buffer + 2),
        start,
        count,
        layout.isLarge,
      );
    case "views": {
      const parts: Uint8Array[] = [];
      for (let i = 0; i < more; i++) parts.push(await batch.read(buffer + 2 + i));
      return viewsOf(await batch.read(buffer + 1), parts, start, count);
    }
    default:
      throw new Error("its values are of a type that cannot be read");
  }
}

const arrays = {
  "1s": Int8Array,
  "1u": Uint8Array,
  "2s": Int16Array,
  "2u": Uint16Array,
  "4s": Int32Array,
  "4u": Uint32Array,
  "8s": BigInt64Array,
  "8u": BigUint64Array,
  "4f": Float32Array,
  "8f": Float64Array,
} as const;

function numbers(
  bytes: Uint8Array,
  { width, isFloat, isSigned }: Layout & { kind: "numbers" },
  start: number,
  count: number,
): RawNumbers {
  requireBytes(bytes, (start + count) * width);
  const part = Uint8Array.from(bytes.subarray(start * width, (start + count) * width));
  if (isFloat && width === 2) return Float32Array.from(new Uint16Array(part.buffer), half);
  const name = `${width}${isFloat ? "f" : isSigned ? "s" : "u"}` as keyof typeof arrays;
  return new arrays[name](part.buffer);
}

/** Bytes of one length each; decimals come with their lowest byte first. */
function fixed(
  bytes: Uint8Array,
  width: number,
  start: number,
  count: number,
  meaning: Meaning,
): PlainValues {
  requireBytes(bytes, (start + count) * width);
  const part = Uint8Array.from(bytes.subarray(start * width, (start + count) * width));
  if (meaning.kind === "decimal") {
    if (width === 4) return { form: "numbers", data: new Int32Array(part.buffer) };
    if (width === 8) return { form: "numbers", data: new BigInt64Array(part.buffer) };
    const short = width % 8 === 0 ? shortDecimals(part, width) : undefined;
    if (short !== undefined) return { form: "numbers", data: short };
    for (let at = 0; at < part.length; at += width) part.subarray(at, at + width).reverse();
  }
  return {
    form: "packed",
    bytes: part,
    starts: Uint32Array.from({ length: count + 1 }, (_, i) => i * width),
  };
}

/** Where all of them fit into 64 bits, as most do. */
function shortDecimals(bytes: Uint8Array<ArrayBuffer>, width: number): BigInt64Array | undefined {
  const words = new BigInt64Array(bytes.buffer);
  const each = width / 8;
  const found = new BigInt64Array(words.length / each);
  for (let i = 0; i < found.length; i++) {
    const low = words[i * each];
    for (let k = 1; k < each; k++) if (words[i * each + k] !== low >> 63n) return undefined;
    found[i] = low;
  }
  return found;
}

function bytesOf(
  offsets: Uint8Array,
  data: Uint8Array,
  start: number,
  count: number,
  isLarge: boolean,
): PlainValues {
  const found = offsetsIn(offsets, start, count, isLarge);
  const [first, last] = [found[0], found[count]];
  requireBytes(data, last);
  return { form: "packed", bytes: data.subarray(first, last), starts: found.map((offset) => offset - first) };
}

/** Short values stand in their own view, others in one of several buffers. */
function viewsOf(bytes: Uint8Array, parts: readonly Uint8Array[], start: number, count: number): PlainValues {
  requireBytes(bytes, (start + count) * 16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = new Uint32Array(count + 1);
  const sources: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const at = (start + i) * 16;
    const length = view.getInt32(at, true);
    if (length < 0) throw new Error(`a value cannot have ${length} bytes`);
    const isShort = length <= 12;
    const source = isShort ? bytes : parts[view.getInt32(at + 8, true)];
    const from = isShort ? at + 4 : view.getInt32(at + 12, true);
    if (source === undefined || from < 0 || length > source.length - from)
      throw new Error("a value lies beyond the end of its buffer");
    sources.push(source.subarray(from, from + length));
    starts[i + 1] = starts[i] + length;
  }
  const all = new Uint8Array(starts[count]);
  for (let i = 0; i < count; i++) all.set(sources[i], starts[i]);
  return { form: "packed", bytes: all, starts };
}
