/** Which numbers an element type holds, and the types that results have. */
import type { DType } from "../../contracts/ndarray.js";

const ranges: Readonly<Partial<Record<DType, readonly [low: number, high: number]>>> = {
  bool: [0, 1],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** The greatest finite number of each float type. */
export const mostOf = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE } as const;

/** True if `value` is one of the type's, but for the digits that a float type rounds off. */
export function holds(dtype: DType, value: number): boolean {
  const range = ranges[dtype];
  if (range !== undefined) return Number.isInteger(value) && value >= range[0] && value <= range[1];
  return Math.abs(value) <= mostOf[dtype as "float32" | "float64"];
}

/** The type of what is computed from numbers of `dtype`: float64 stays, all others become float32. */
export function floatOf(dtype: DType | undefined): "float32" | "float64" {
  return dtype === "float64" ? "float64" : "float32";
}

/** The type that holds all of these constants: int32 for whole numbers, else float32 where it loses no digit of a whole number. */
export function typeOfConstants(values: readonly number[]): DType {
  if (values.every((value) => holds("int32", value))) return "int32";
  const loses = (value: number) => Number.isInteger(value) && Math.fround(value) !== value;
  return values.some((value) => loses(value) || !holds("float32", value)) ? "float64" : "float32";
}
