/** Numbers of a field through one loop, which samples and columns share, so that both have the same bits. */
import type { FieldType } from "../../contracts/dataset.js";
import {
  arrayConstructors,
  type DType,
  dtypeOf,
  isNdArray,
  isTypedArray,
  type TypedArray,
} from "../../contracts/ndarray.js";
import { type Column, type FieldMap, widthOf } from "./field-maps.js";
import { fillHint, numberTypeOf, valueFault } from "./fields.js";

/** From `rows × width` numbers to as many. Gives −1, or the place of the first number that it refuses. */
export type NumberLoop = (source: TypedArray, target: TypedArray, rows: number, width: number) => number;

/** What is done with the numbers of a field. */
export interface NumberRule {
  readonly transform: string;
  readonly name: string;
  /** The field's type before the transform, where that is known. */
  readonly field: FieldType | undefined;
  /** The element type that numbers of this one get; undefined where the field's type is not known. */
  type(dtype: DType | undefined): DType;
  readonly loop: NumberLoop;
  /** What the loop refuses numbers for not being. */
  readonly needs: string;
  /** Where it was fitted: how many numbers a sample has, null for a single one. */
  readonly elements?: number | null;
  /** True if a missing value is passed to the loop too, as NaN; otherwise null stays null. */
  readonly takesMissing?: boolean;
}

export function numberMap(rule: NumberRule): FieldMap {
  const { transform, name, field, loop, needs, elements, takesMissing = false } = rule;
  const loose = rule.type(numberTypeOf(field));
  const [source, target] = [new Float64Array(1), new arrayConstructors[loose](1)];
  const fault = (value: unknown, entry?: number, what = needs) =>
    valueFault(transform, what, name, value, {
      ...(entry !== undefined && { entry }),
      ...(isMissing(value) && { hint: fillHint }),
    });
  const requireWidth = (width: number | null, value: unknown, entry?: number): void => {
    if (elements === undefined || width === elements) return;
    throw fault(
      value,
      entry,
      elements === null ? "single numbers" : `${elements} numbers, as it was fitted to`,
    );
  };
  const ofArray = (values: TypedArray, dtype: DType, value: unknown): [DType, TypedArray] => {
    requireWidth(values.length, value);
    const type = rule.type(dtype);
    const made = new arrayConstructors[type](values.length);
    const at = values.length === 0 ? -1 : loop(values, made, 1, values.length);
    if (at >= 0) throw fault(values[at]);
    return [type, made];
  };
  return {
    from: name,
    to: name,
    one(value) {
      if (isNdArray(value)) {
        const [dtype, data] = ofArray(value.data, value.dtype, value);
        return { dtype, shape: value.shape, data };
      }
      if (isTypedArray(value)) {
        const [dtype, data] = ofArray(value, dtypeOf(value) as DType, value);
        return dtype === "bool" ? { dtype, shape: [data.length], data } : data;
      }
      const missing = isMissing(value);
      if (missing && !takesMissing) return value;
      if (missing && typeof elements === "number") {
        return ofArray(
          new Float64Array(elements).fill(Number.NaN),
          numberTypeOf(field) ?? "float32",
          value,
        )[1];
      }
      if (!missing && typeof value !== "number" && typeof value !== "boolean")
        throw fault(value, undefined, "numbers");
      requireWidth(null, value);
      source[0] = missing ? Number.NaN : Number(value);
      if (loop(source, target, 1, 1) >= 0) throw fault(value);
      return loose === "bool" ? target[0] === 1 : target[0];
    },
    column(column, count, allocator) {
      if (!isNdArray(column)) {
        const entry = firstGiven(column);
        throw fault(column[entry], entry, "numbers");
      }
      requireWidth(column.shape.length === 1 ? null : widthOf(column), column);
      const made = allocator.allocate(rule.type(column.dtype), column.shape);
      const width = column.data.length / count;
      const at = width > 0 ? loop(column.data, made.data, count, width) : -1;
      if (at >= 0) throw fault(column.data[at], Math.floor(at / width));
      return made;
    },
  };
}

/** The numbers of a value, for what only looks at them: null where it is missing. */
export function numbersOf(
  value: unknown,
  transform: string,
  name: string,
): { readonly values: ArrayLike<number>; readonly elements: number | null } | null {
  if (isMissing(value)) return null;
  if (typeof value === "number" || typeof value === "boolean")
    return { values: [Number(value)], elements: null };
  if (isTypedArray(value)) return { values: value, elements: value.length };
  if (isNdArray(value)) return { values: value.data, elements: value.data.length };
  throw valueFault(transform, "numbers", name, value);
}

/** The same of a column. */
export function numbersOfColumn(
  column: Column,
  transform: string,
  name: string,
): { readonly values: ArrayLike<number>; readonly elements: number | null } {
  if (isNdArray(column)) {
    return { values: column.data, elements: column.shape.length === 1 ? null : widthOf(column) };
  }
  const entry = firstGiven(column);
  throw valueFault(transform, "numbers", name, column[entry], { entry });
}

export function isMissing(value: unknown): boolean {
  return value === null || (typeof value === "number" && Number.isNaN(value));
}

function firstGiven(column: readonly unknown[]): number {
  return Math.max(
    0,
    column.findIndex((value) => value !== null),
  );
}
