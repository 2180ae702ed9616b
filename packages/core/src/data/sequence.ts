/** What counts as a sequence, seen in one form: an NdArray whose first axis is time. */
import {
  arrayConstructors,
  type DType,
  dtypeOf,
  isNdArray,
  isTypedArray,
  type NdArray,
  type TypedArray,
} from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";
import { kindOf } from "./collate.js";

/** A typed array, an NdArray of rank 1 or more whose first axis is time, or plain numbers. */
export type Sequence = TypedArray | NdArray | readonly number[];

/** A sequence in its one form; `name` is what messages call it. Plain numbers stay float64 until a type is chosen. */
export interface Steps {
  readonly name: string;
  /** Absent for plain numbers, which take the type of the batch. */
  readonly dtype?: DType;
  readonly length: number;
  /** Shape of one step: what follows the time axis. */
  readonly trailing: readonly number[];
  readonly data: TypedArray | readonly number[];
}

/** Requires that `value` is a sequence; `entry` is its place in a batch, for errors. */
export function toSteps(value: unknown, name: string, entry?: number): Steps {
  if (isTypedArray(value)) {
    return { name, dtype: dtypeOf(value), length: value.length, trailing: [], data: value };
  }
  if (isNdArray(value) && value.shape.length > 0) {
    return {
      name,
      dtype: value.dtype,
      length: value.shape[0],
      trailing: value.shape.slice(1),
      data: value.data,
    };
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) {
    return { name, length: value.length, trailing: [], data: value };
  }
  throw new MillraceError(
    "COLLATE_TYPE",
    `a sequence must be a typed array, an NdArray of rank 1 or more, or an array of numbers; ${name} is ${kindOf(value)}`,
    { hint: "Turn it into token ids or numbers in a transform.", ...(entry !== undefined && { entry }) },
  );
}

/** The element type of a batch: that of the first sequence; int32 or float32 if it is plain numbers. */
export function batchType(sequences: readonly Steps[]): DType {
  const own = sequences[0].dtype;
  if (own !== undefined) return own;
  const plain = sequences.filter((steps) => steps.dtype === undefined);
  return plain.every(({ data }) => Array.from(data).every(Number.isInteger)) ? "int32" : "float32";
}

/** Requires that all sequences agree in the shape of a step, and returns it. */
export function commonTrailing(sequences: readonly Steps[]): readonly number[] {
  const [first] = sequences;
  for (const [entry, steps] of sequences.entries()) {
    const { trailing } = steps;
    const isSame =
      trailing.length === first.trailing.length &&
      trailing.every((extent, i) => extent === first.trailing[i]);
    if (isSame) continue;
    throw new MillraceError(
      "COLLATE_MISMATCH",
      `sequences must agree in all axes but the first: ${first.name} has [*, ${first.trailing.join(", ")}], ${steps.name} has [*, ${steps.trailing.join(", ")}]`,
      { entry, hint: "Only the first axis is padded; make the others equal in a transform." },
    );
  }
  return first.trailing;
}

const wholeTypes = new Map<DType, readonly [number, number]>(
  (["int8", "uint8", "int16", "uint16", "int32", "uint32", "bool"] as const).map((dtype) => {
    if (dtype === "bool") return [dtype, [0, 1]];
    const bits = 8 * arrayConstructors[dtype].BYTES_PER_ELEMENT;
    return [dtype, dtype.startsWith("u") ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]];
  }),
);

/** Whether `dtype` can hold a value without loss, but for float precision. */
export function fits(value: number, dtype: DType): boolean {
  const range = wholeTypes.get(dtype);
  return range === undefined || (Number.isInteger(value) && value >= range[0] && value <= range[1]);
}

/** Requires that the values of a sequence of another type fit `dtype`; `entry` is its place in the batch. */
export function requireFit({ name, dtype: own, data }: Steps, dtype: DType, entry: number): void {
  if (own === dtype || !wholeTypes.has(dtype)) return;
  for (let i = 0; i < data.length; i++) {
    if (fits(data[i], dtype)) continue;
    throw new MillraceError(
      "COLLATE_OVERFLOW",
      `values must fit ${dtype}, the type of the first sequence, but ${name} has ${data[i]} at ${i}`,
      { entry, hint: "Give all sequences one element type." },
    );
  }
}
