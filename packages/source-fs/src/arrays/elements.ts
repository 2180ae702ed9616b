/** Elements of arrays as files hold them, and as batches do. */
import { endianness } from "node:os";
import type { DType, TypedArray } from "@millrace/core";
import { bfloat16Floats, halfFloats } from "./half.js";

/** Kinds of elements in files that batches do not have become others of the same values. */
export type FileKind = Exclude<DType, "bool"> | "bool" | "int64" | "uint64" | "float16" | "bfloat16";

/** Plain data. */
export interface Element {
  readonly kind: FileKind;
  readonly bytes: 1 | 2 | 4 | 8;
  /** Whether the lowest byte comes first. */
  readonly little: boolean;
}

/** What a field may be asked to hold instead of what its file does. */
export const askedTypes = ["int32", "float32", "float64"] as const;
export type AskedType = (typeof askedTypes)[number];

/**
 * The element type of batches: that of the file, float32 for shorter floats, int32 for whole numbers of 64 bits, whose values
 * are looked at when they are read.
 */
export function ownType(kind: FileKind): DType {
  if (kind === "float16" || kind === "bfloat16") return "float32";
  return kind === "int64" || kind === "uint64" ? "int32" : kind;
}

/** The first value that does not fit the type it is asked for as, which `read` refuses. */
export class UnfitValue extends Error {
  constructor(readonly value: string) {
    super(value);
  }
}

/** Writes the elements in `bytes` to `target`, from `at` on. */
export type ElementReader = (bytes: Uint8Array, target: TypedArray, at: number) => void;

const isLittle = endianness() === "LE";

/** Of elements as `type`; whole numbers must fit it. @throws UnfitValue for one that does not. */
export function elementReader({ kind, bytes: width, little }: Element, type: DType): ElementReader {
  const native = nativeReader(kind);
  const straight = kind === type && kind !== "bool";
  return (bytes, target, at) => {
    const own = width > 1 && little !== isLittle ? swapped(bytes, width) : aligned(bytes, width);
    if (straight) {
      const to = new Uint8Array(target.buffer, target.byteOffset + at * width, bytes.length);
      to.set(own);
    } else native(own, target, at, type);
  };
}

/** `bytes` of a buffer of its own, or where views of `width` may lie. */
function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const copy = Buffer.from(bytes);
  if (width === 2) copy.swap16();
  else if (width === 4) copy.swap32();
  else copy.swap64();
  return copy;
}

type NativeReader = (bytes: Uint8Array, target: TypedArray, at: number, type: DType) => void;

const views = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

function nativeReader(kind: FileKind): NativeReader {
  switch (kind) {
    case "bool":
      return (bytes, target, at) => {
        for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i] === 0 ? 0 : 1;
      };
    case "float16":
      return (bytes, target, at) => halfFloats(uint16(bytes), target, at);
    case "bfloat16":
      return (bytes, target, at) => bfloat16Floats(uint16(bytes), target, at);
    case "int64":
    case "uint64":
      return (bytes, target, at, type) => readLong(bytes, kind === "int64", target, at, type);
    default: {
      const view = views[kind] as new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray;
      const width = views[kind].BYTES_PER_ELEMENT;
      return (bytes, target, at, type) => {
        const values = new view(bytes.buffer, bytes.byteOffset, bytes.length / width);
        for (let i = 0; i < values.length; i++) {
          const value = values[i];
          if (type === "int32" && (value | 0) !== value) throw new UnfitValue(String(value));
          target[at + i] = value;
        }
      };
    }
  }
}

function uint16(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

/** Whole numbers of 64 bits: as int32 where they are such, as floats up to 2^53, where no digit is lost. */
function readLong(bytes: Uint8Array, isSigned: boolean, target: TypedArray, at: number, type: DType): void {
  const halves = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const [low, high] = isLittle ? [0, 1] : [1, 0];
  for (let i = 0; i < halves.length; i += 2) {
    const lower = halves[i + low];
    const upper = halves[i + high];
    const value = (isSigned ? upper : upper >>> 0) * 2 ** 32 + (lower >>> 0);
    const fits = type === "int32" ? (value | 0) === value : Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    if (!fits) throw new UnfitValue(longText(upper, lower, isSigned));
    target[at + i / 2] = value;
  }
}

function longText(upper: number, lower: number, isSigned: boolean): string {
  const bits = (BigInt(upper >>> 0) << 32n) | BigInt(lower >>> 0);
  return String(isSigned ? BigInt.asIntN(64, bits) : bits);
}
