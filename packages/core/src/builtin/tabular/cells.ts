/** Values of a field one by one, whatever they are: texts, numbers, flags; for what knows them by their text. */
import {
  arrayConstructors,
  type DType,
  isNdArray,
  isTypedArray,
  type NdArray,
  type TypedArray,
} from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { type Column, type FieldMap, widthOf } from "./field-maps.js";
import { valueFault } from "./fields.js";

/** One value; null where it is missing. */
export type Cell = string | number | boolean | null;

interface Cells {
  readonly cells: (place: number) => Cell;
  /** How many a sample has; null for a single one. */
  readonly elements: number | null;
}

/** The values in a sample's field; null where it is missing. Errors: TRANSFORM_INPUT for what has no text. */
export function cellsOf(value: unknown, transform: string, name: string): Cells | null {
  if (value === null) return null;
  if (isNdArray(value)) return { cells: cellsOfArray(value.data, value.dtype), elements: value.data.length };
  if (isTypedArray(value)) return { cells: cellsOfArray(value), elements: value.length };
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    throw valueFault(transform, "texts, numbers or flags", name, value);
  const cell = typeof value === "number" && Number.isNaN(value) ? null : value;
  return { cells: () => cell, elements: null };
}

/** The values of a column of samples. */
export function cellsOfColumn(
  column: Column,
  transform: string,
  name: string,
): Cells & { readonly count: number } {
  if (isNdArray(column)) {
    const elements = column.shape.length === 1 ? null : widthOf(column);
    return { cells: cellsOfArray(column.data, column.dtype), elements, count: column.shape[0] };
  }
  const cells = (place: number): Cell => {
    const value = column[place];
    if (typeof value === "string" || value === null) return value;
    throw valueFault(transform, "texts, numbers or flags", name, value, { entry: place });
  };
  return { cells, elements: null, count: column.length };
}

function cellsOfArray(values: TypedArray, dtype?: DType): (place: number) => Cell {
  if (dtype === "bool") return (place) => values[place] === 1;
  return (place) => {
    const value = values[place];
    return Number.isNaN(value) ? null : value;
  };
}

/** What is made of the values of a field: numbers, as many for each value of a sample as the rule says. */
export interface CellRule {
  readonly transform: string;
  readonly name: string;
  readonly to?: string;
  readonly dtype: DType;
  /** True if a single value becomes a single number; otherwise, it becomes a vector. */
  readonly single: boolean;
  /** Numbers made of all values of a sample, and where those of one begin. */
  readonly size: (elements: number) => number;
  readonly offset: (element: number) => number;
  /** Writes what becomes of a value. Its faults name the value. */
  readonly write: (cell: Cell, element: number, target: TypedArray, at: number) => void;
  /** True if a missing single value stays null: `write` is not asked. */
  readonly keepsMissing?: boolean;
  /** Where it was fitted: how many values a sample has, null for a single one. */
  readonly elements?: number | null;
}

export function cellMap(rule: CellRule): FieldMap {
  const { transform, name, to = name, dtype, single, size, offset, write, keepsMissing = false } = rule;
  const requireWidth = (elements: number | null, value: unknown): void => {
    if (rule.elements === undefined || elements === rule.elements) return;
    const needs = rule.elements === null ? "single values" : `${rule.elements} values, as it was fitted to`;
    throw valueFault(transform, needs, name, value);
  };
  const fill = (cells: Cells["cells"], count: number, width: number, target: TypedArray): void => {
    const made = size(width);
    for (let row = 0; row < count; row++) {
      try {
        for (let j = 0; j < width; j++) write(cells(row * width + j), j, target, row * made + offset(j));
      } catch (error) {
        throw count === 1 || !(error instanceof MillraceError) ? error : atEntry(error, row);
      }
    }
  };
  return {
    from: name,
    to,
    one(value) {
      const found = cellsOf(value, transform, name) ?? { cells: () => null, elements: rule.elements ?? null };
      const { cells, elements } = found;
      requireWidth(elements, value);
      const loose = elements === null && single;
      if (loose && keepsMissing && cells(0) === null) return null;
      const data = new arrayConstructors[dtype](size(elements ?? 1)) as TypedArray;
      fill(cells, 1, elements ?? 1, data);
      if (loose) return dtype === "bool" ? data[0] === 1 : data[0];
      return dtype === "bool" ? { dtype, shape: [data.length], data } : data;
    },
    column(column, count, allocator): NdArray {
      const { cells, elements } = cellsOfColumn(column, transform, name);
      requireWidth(elements, column);
      const loose = elements === null && single;
      const made = allocator.allocate(dtype, loose ? [count] : [count, size(elements ?? 1)]);
      fill(cells, count, elements ?? 1, made.data);
      return made;
    },
  };
}

/** What becomes of the single values of a field: texts. */
export function textMap(transform: string, name: string, textOf: (cell: Cell) => string | null): FieldMap {
  const one = (
    cells: Cells["cells"],
    elements: number | null,
    place: number,
    value: unknown,
  ): string | null => {
    if (elements !== null) throw valueFault(transform, "single values", name, value);
    return textOf(cells(place));
  };
  return {
    from: name,
    to: name,
    one(value) {
      const { cells, elements } = cellsOf(value, transform, name) ?? { cells: () => null, elements: null };
      return one(cells, elements, 0, value);
    },
    column(column, count) {
      const { cells, elements } = cellsOfColumn(column, transform, name);
      return Array.from({ length: count }, (_, entry) => {
        try {
          return one(cells, elements, entry, column);
        } catch (error) {
          throw error instanceof MillraceError ? atEntry(error, entry) : error;
        }
      });
    },
  };
}

/** The same fault, of one entry of a batch. */
function atEntry(error: MillraceError, entry: number): MillraceError {
  const { code, message, hint, where, details, path } = error;
  return new MillraceError(code, message, { hint, where, details, path, entry: error.entry ?? entry });
}
