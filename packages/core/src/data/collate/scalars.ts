/** Numbers and booleans of a batch, each one column. */
import type { Allocator } from "../../contracts/batch.js";
import type { NdArray } from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { otherKind, place } from "./kinds.js";

/** From here on, rounding to float32 gives infinity. */
const float32Limit = 2 ** 128 - 2 ** 103;

/**
 * [B], int32 if every number is whole, else float32; a bigint counts as a whole number.
 * @throws MillraceError COLLATE_OVERFLOW rather than lose a number; COLLATE_MISMATCH.
 */
export function collateNumbers(values: readonly unknown[], allocator: Allocator, path: string): NdArray {
  return allWhole(values, path) ? toInt32(values, allocator, path) : toFloat32(values, allocator, path);
}

function allWhole(values: readonly unknown[], path: string): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "number") {
      // The first test is the cheaper one, and most whole numbers are small.
      if ((value | 0) !== value && !Number.isInteger(value)) return false;
    } else if (typeof value !== "bigint") throw otherKind(`a ${typeof values[0]}`, value, i, path);
  }
  return true;
}

function toInt32(values: readonly unknown[], allocator: Allocator, path: string): NdArray {
  const batch = allocator.allocate("int32", [values.length]);
  const { data } = batch;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const number = typeof value === "bigint" ? Number(value) : (value as number);
    if ((number | 0) !== number) {
      throw overflow(
        "a whole number must lie within int32",
        value,
        i,
        path,
        "as a string, or as a Float64Array of one element",
      );
    }
    data[i] = number;
  }
  return batch;
}

function toFloat32(values: readonly unknown[], allocator: Allocator, path: string): NdArray {
  const batch = allocator.allocate("float32", [values.length]);
  const { data } = batch;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const number = typeof value === "bigint" ? Number(value) : value;
    if (typeof number !== "number") throw otherKind(`a ${typeof values[0]}`, value, i, path);
    if ((number >= float32Limit || number <= -float32Limit) && Number.isFinite(number)) {
      throw overflow("a number must lie within float32", value, i, path, "as a Float64Array of one element");
    }
    data[i] = number;
  }
  return batch;
}

/** [B], bool. */
export function collateBooleans(values: readonly unknown[], allocator: Allocator, path: string): NdArray {
  const batch = allocator.allocate("bool", [values.length]);
  const { data } = batch;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "boolean") throw otherKind("a boolean", value, i, path);
    data[i] = value ? 1 : 0;
  }
  return batch;
}

function overflow(rule: string, value: unknown, entry: number, path: string, instead: string): MillraceError {
  return new MillraceError(
    "COLLATE_OVERFLOW",
    `${rule}, but ${place(path)} of entry ${entry} is ${String(value)}`,
    { hint: `Give it ${instead}.` },
  );
}
