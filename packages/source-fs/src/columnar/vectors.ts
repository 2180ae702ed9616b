/** Vectors: of several columns, of lists, of bytes. */
import type { ColumnField } from "@millrace/core";
import type { Numbers } from "../memory/growing.js";
import { countOf, type RawColumn } from "./raw.js";
import { isBlob, type Raws, rowValues } from "./row-values.js";
import type { Kept } from "./stored.js";
import { arrayFor, type Attempt, writeNumbers } from "./write-numbers.js";

/** `attempts` take single numbers of each column, `attempt` all that a row has. */
export function vectorOf(
  column: ColumnField,
  raws: Raws,
  attempt: Attempt,
  attempts: readonly Attempt[],
): Kept {
  const { width = 0 } = column;
  const [{ rows }] = raws;
  if (raws.length === 1 && isBlob(raws[0]))
    return writtenVectors(column, rows, rowValues(column, raws), attempt);
  const data = new (arrayFor(column))(rows * width);
  for (const [i, raw] of raws.entries()) {
    const { width: _, ...single } = column;
    writeNumbers(single, raw, data, { at: i, step: width }, attempts[i]);
  }
  return { kind: "numbers", data, width };
}

/** `attemptOne` takes a single element. */
export function listsOf(column: ColumnField, raw: RawColumn, attempt: Attempt, attemptOne: Attempt): Kept {
  const { width = 0, nullable } = column;
  const { rows, lists } = raw;
  const { starts, absent } = lists as NonNullable<RawColumn["lists"]>;
  const isWhole =
    absent === undefined && (width === 0 || starts.every((start, row) => start === row * width));
  if (!isWhole || nullable) return writtenVectors(column, rows, rowValues(column, [raw]), attempt);
  const count = countOf(raw.values);
  const data = new (arrayFor(column))(count);
  const { width: _, ...single } = column;
  const flat: RawColumn = { ...raw, rows: count, lists: undefined };
  let row = 0;
  writeNumbers(single, flat, data, { at: 0, step: 1 }, (value, place) => {
    while (starts[row + 1] <= place || starts[row] > place) row = starts[row] > place ? 0 : row + 1;
    return attemptOne(value, row);
  });
  return width === 0 ? { kind: "lists", data, starts } : { kind: "numbers", data, width };
}

/** Vectors one by one. */
function writtenVectors(
  column: ColumnField,
  rows: number,
  valueOf: (row: number) => unknown,
  attempt: Attempt,
): Kept {
  const { width = 0 } = column;
  const vectors = Array.from({ length: rows }, (_, row) => attempt(valueOf(row), row) as Numbers | undefined);
  const make = arrayFor(column);
  if (width > 0) {
    const data = new make(rows * width);
    for (const [row, vector] of vectors.entries())
      if (ArrayBuffer.isView(vector)) data.set(vector, row * width);
    return { kind: "numbers", data, width };
  }
  const starts = new Uint32Array(rows + 1);
  for (const [row, vector] of vectors.entries())
    starts[row + 1] = starts[row] + (ArrayBuffer.isView(vector) ? vector.length : 0);
  const data = new make(starts[rows]);
  for (const [row, vector] of vectors.entries())
    if (ArrayBuffer.isView(vector)) data.set(vector, starts[row]);
  return { kind: "lists", data, starts };
}
