/** Columns of class names. */
import type { ColumnField } from "@millrace/core";
import { countOf, type RawColumn } from "./raw.js";
import { missingRows, rowValues } from "./row-values.js";
import type { Kept } from "./stored.js";
import { arrayFor, type Attempt } from "./write-numbers.js";

export function classesOf(column: ColumnField, raw: RawColumn, attempt: Attempt): Kept {
  const data = new (arrayFor(column))(raw.rows);
  const { values, absent } = raw;
  const read = rowValues(column, [raw]);
  const write = (row: number): void => {
    const found = attempt(read(row), row);
    data[row] = typeof found === "number" ? found : Number.NaN;
  };
  if (values.form !== "coded") {
    // Few different ones stand for all rows.
    const known = new Map<unknown, number>();
    for (let row = 0; row < raw.rows; row++) {
      const value = absent?.[row] === 1 ? null : read(row);
      const code = known.get(value);
      if (code !== undefined) data[row] = code;
      else {
        const found = attempt(value, row);
        if (typeof found === "number") known.set(value, found);
        data[row] = typeof found === "number" ? found : Number.NaN;
      }
    }
    return { kind: "numbers", data };
  }
  const { codes } = values;
  const indices = new Int32Array(countOf(values.dictionary)).fill(-1);
  for (let row = 0; row < raw.rows; row++) {
    const index = absent?.[row] === 1 ? -1 : indices[codes[row]];
    if (index >= 0) {
      data[row] = index;
      continue;
    }
    write(row);
    if (absent?.[row] !== 1 && data[row] >= 0) indices[codes[row]] = data[row];
  }
  return { kind: "numbers", data };
}

/** Different names of classes in the rows of a column that are not `left` out; missing values have none. */
export function classNamesIn(column: ColumnField, raw: RawColumn, left: Uint8Array | undefined): Set<string> {
  const { values, absent } = raw;
  const names = new Set<string>();
  const isMissing = missingRows(column, [raw]);
  const read = rowValues(column, [raw]);
  const seen = values.form === "coded" ? new Uint8Array(countOf(values.dictionary)) : undefined;
  for (let row = 0; row < raw.rows; row++) {
    if (absent?.[row] === 1 || left?.[row] === 1) continue;
    if (seen !== undefined && values.form === "coded") {
      if (seen[values.codes[row]] === 1) continue;
      seen[values.codes[row]] = 1;
    }
    if (!isMissing(row)) names.add(String(read(row)));
  }
  return names;
}
