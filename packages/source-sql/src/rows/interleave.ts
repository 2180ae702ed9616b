/** Columns of numbers made rows of float32. */
import type { Fillable } from "../driver.js";

/** Rows that are turned into the order of rows at a time: what is written stays in the processor's cache. */
const tile = 512;

/** The columns as rows of float32 into `features`; rows that hold no finite numbers are added to `unusable`. */
export function interleave(
  columns: readonly Fillable[],
  count: number,
  features: Float32Array,
  unusable: Set<number>,
): void {
  const width = columns.length;
  for (let first = 0; first < count; first += tile) {
    const end = Math.min(count, first + tile);
    for (let i = 0; i < width; i++) {
      const column = columns[i];
      const isFinite =
        column instanceof Float64Array
          ? copyNumbers(column, first, end, features, i, width)
          : copyValues(column, first, end, features, i, width);
      if (isFinite) continue;
      for (let row = first; row < end; row++)
        if (!Number.isFinite(features[row * width + i])) unusable.add(row);
    }
  }
}

/** True if all of them are finite as float32. */
function copyNumbers(
  column: Float64Array,
  first: number,
  end: number,
  features: Float32Array,
  i: number,
  width: number,
): boolean {
  // NaN and the infinities leave NaN, all others 0.
  let sum = 0;
  for (let row = first, at = first * width + i; row < end; row++, at += width) {
    features[at] = column[row];
    sum += features[at] - features[at];
  }
  return sum === 0;
}

function copyValues(
  column: Fillable,
  first: number,
  end: number,
  features: Float32Array,
  i: number,
  width: number,
): boolean {
  let isFinite = true;
  for (let row = first, at = first * width + i; row < end; row++, at += width) {
    const value = column[row];
    features[at] = typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
    isFinite &&= Number.isFinite(features[at]);
  }
  return isFinite;
}
