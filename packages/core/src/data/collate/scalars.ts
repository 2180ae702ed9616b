/** Numbers and booleans of a batch, each one column. */
import type { Allocator } from "../../contracts/batch.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { arrayConstructors, type DType, type NdArray } from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { otherKind, place, undeclaredKind } from "./kinds.js";

/** From here on, rounding to float32 gives infinity. */
const float32Limit = 2 ** 128 - 2 ** 103;

/** Which element types hold all numbers of a field that were looked at. */
export class NumberSpan {
  #whole = true;
  #int32 = true;
  #float32 = true;

  add(value: number): void {
    // The first test is the cheaper one, and most whole numbers are small.
    if ((value | 0) === value) {
      if (this.#float32 && Math.fround(value) !== value) this.#float32 = false;
    } else if (Number.isInteger(value)) {
      this.#int32 = false;
      if (Math.fround(value) !== value) this.#float32 = false;
    } else {
      this.#whole = false;
      if (Math.abs(value) >= float32Limit && Number.isFinite(value)) this.#float32 = false;
    }
  }

  /** int32 if all are whole; float32 if not, which rounds fractions only; float64 where a digit of a whole number would go. */
  get type(): DType {
    if (this.#whole) return this.#int32 ? "int32" : "float64";
    return this.#float32 ? "float32" : "float64";
  }
}

/** The element type that is known of the single numbers at `path`. */
export function typeAt(fields: FieldTypes | undefined, path: string): DType | undefined {
  const field = fields?.[path];
  if (field === undefined || (field.shape?.length ?? 0) > 0) return undefined;
  if (field.type === "date") return "float64";
  return field.type in arrayConstructors ? (field.type as DType) : undefined;
}

/**
 * [B] of `dtype`, or without one of the smallest type by `NumberSpan`. A bigint counts as a whole number, a boolean
 * among numbers as 1 or 0; null as NaN where the type has it and the field is `nullable`.
 * @throws MillraceError COLLATE_OVERFLOW rather than lose a number; COLLATE_MISMATCH.
 */
export function collateNumbers(
  values: readonly unknown[],
  allocator: Allocator,
  path: string,
  dtype: DType = spanOf(values, path).type,
  nullable = false,
): NdArray {
  const batch = allocator.allocate(dtype, [values.length]);
  const { data } = batch;
  const check = checks[dtype];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const number =
      typeof value === "number"
        ? value
        : value === null && nullable
          ? Number.NaN
          : wholeNumber(value, values[0], i, path);
    if (!check(number)) throw misfit(dtype, value, i, path);
    data[i] = number;
  }
  return batch;
}

function spanOf(values: readonly unknown[], path: string): NumberSpan {
  const span = new NumberSpan();
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    span.add(typeof value === "number" ? value : wholeNumber(value, values[0], i, path));
  }
  return span;
}

function wholeNumber(value: unknown, first: unknown, entry: number, path: string): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "bigint") {
    // The first has itself no number: so the field is declared to have one.
    if (entry === 0) throw undeclaredKind("a number", value, entry, path);
    throw otherKind(`a ${first === null ? "number" : typeof first}`, value, entry, path);
  }
  if (Number.isSafeInteger(Number(value))) return Number(value);
  throw new MillraceError(
    "COLLATE_OVERFLOW",
    `a bigint must lie within ±(2^53 − 1), but ${place(path)} of entry ${entry} is ${value}`,
    { entry, hint: "Give it as a string." },
  );
}

function within(low: number, high: number): (value: number) => boolean {
  return (value) => value >= low && value <= high && Number.isInteger(value);
}

/** Whether an element type holds a number: float types round fractions, and take NaN and the infinities. */
const checks: Readonly<Record<DType, (value: number) => boolean>> = {
  bool: within(0, 1),
  uint8: within(0, 2 ** 8 - 1),
  uint16: within(0, 2 ** 16 - 1),
  uint32: within(0, 2 ** 32 - 1),
  int8: within(-(2 ** 7), 2 ** 7 - 1),
  int16: within(-(2 ** 15), 2 ** 15 - 1),
  int32: (value) => (value | 0) === value,
  float32: (value) => !(Math.abs(value) >= float32Limit && Number.isFinite(value)),
  float64: () => true,
};

function misfit(dtype: DType, value: unknown, entry: number, path: string): MillraceError {
  return new MillraceError(
    "COLLATE_OVERFLOW",
    `${place(path)} holds ${dtype} numbers in every batch, but is ${String(value)} in entry ${entry}`,
    { entry, hint: declareHint(path) },
  );
}

/** How the element type of a field is chosen by whoever made the dataset. */
export function declareHint(path: string): string {
  return `Declare the type that holds all of its values in the dataset's \`fields\`, such as { ${JSON.stringify(path)}: { type: "float64" } }; a transform that changes it, in its own \`fields\`.`;
}

/** [B], bool; among numbers, a boolean is the number 1 or 0, as in torch. */
export function collateBooleans(
  values: readonly unknown[],
  allocator: Allocator,
  path: string,
  dtype?: DType,
): NdArray {
  if (dtype !== undefined || values.some((value) => typeof value === "number" || typeof value === "bigint")) {
    return collateNumbers(values, allocator, path, dtype);
  }
  const batch = allocator.allocate("bool", [values.length]);
  const { data } = batch;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "boolean") throw otherKind("a boolean", value, i, path);
    data[i] = value ? 1 : 0;
  }
  return batch;
}
