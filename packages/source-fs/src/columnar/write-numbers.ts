/** Numbers of a column in the element type of batches. */
import type { ColumnField } from "@millrace/core";
import type { Numbers } from "../memory/growing.js";
import { numbersIn } from "./numbers.js";
import type { RawColumn } from "./raw.js";
import { otherValues } from "./row-values.js";
import { dtypeOf } from "./stored.js";

/** Reads a value that is not at once what the field wants; undefined for one that it cannot have. */
export type Attempt = (value: unknown, row: number) => unknown;

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

export function arrayFor(column: ColumnField): new (length: number) => Numbers {
  return arrays[dtypeOf(column) as keyof typeof arrays];
}

const largestFloat32 = 3.4028234663852886e38;

/** Every `step`th element of `data` from `at` on. Numbers that are there and fit go by; all else is asked of `attempt`. */
export function writeNumbers(
  column: ColumnField,
  raw: RawColumn,
  data: Numbers,
  { at, step }: { readonly at: number; readonly step: number },
  attempt: Attempt,
): void {
  const { absent, rows } = raw;
  const other = otherValues(column, raw);
  const slowly = (row: number): void => {
    const value = attempt(other(row), row);
    data[at + row * step] =
      typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : Number.NaN;
  };
  const numbers = raw.lists === undefined ? numbersIn(raw, column) : undefined;
  if (numbers === undefined) {
    for (let row = 0; row < rows; row++) slowly(row);
    return;
  }
  switch (column.kind) {
    case "int32":
      for (let row = 0, to = at; row < rows; row++, to += step) {
        const number = numbers[row];
        if ((number | 0) === number) data[to] = number;
        else slowly(row);
      }
      break;
    case "float32":
      for (let row = 0, to = at; row < rows; row++, to += step) {
        const number = numbers[row];
        // Written so that NaN fails too.
        if (Math.abs(number) <= largestFloat32) data[to] = number;
        else slowly(row);
      }
      break;
    case "bool":
      for (let row = 0, to = at; row < rows; row++, to += step) {
        const number = numbers[row];
        if (number === 0 || number === 1) data[to] = number;
        else slowly(row);
      }
      break;
    default:
      for (let row = 0, to = at; row < rows; row++, to += step) {
        const number = numbers[row];
        if (Number.isFinite(number)) data[to] = number;
        else slowly(row);
      }
  }
  if (absent !== undefined) for (let row = 0; row < rows; row++) if (absent[row] === 1) slowly(row);
}
