/** One column for all rows: a field's, as batches hold it, or any other of the file. */
import { classLabels, type ColumnField, type ColumnValues } from "@millrace/core";
import { converterFor } from "./convert.js";
import { numbersIn } from "./numbers.js";
import type { Opening } from "./opening.js";
import { type RawColumn, valuesOf } from "./raw.js";
import type { Storage } from "./storage.js";
import { fieldReader } from "./stored.js";

/**
 * Numbers or texts, by the name of a field, or else of a column. Undefined where there is none, or it holds vectors, bytes,
 * flags, images, or something is missing. Reads every block, of this column alone.
 */
export async function wholeColumn(
  storage: Storage,
  opening: Opening,
  name: string,
): Promise<ColumnValues | undefined> {
  const field = opening.fields.find((each) => each.field === name);
  if (field !== undefined) return fieldValues(storage, opening, field);
  const column = storage.columns.find((each) => each.name === name);
  if (column === undefined || column.isList || column.unreadable !== undefined) return undefined;
  if (column.meaning.kind === "bytes") return undefined;
  return gathered(storage, opening, [name], ([raw]) => plainReader(raw));
}

async function fieldValues(
  storage: Storage,
  opening: Opening,
  column: ColumnField,
): Promise<ColumnValues | undefined> {
  const { kind, width, field } = column;
  if (width !== undefined || kind === "bool" || kind === "bytes" || kind === "image") return undefined;
  const names = opening.classes[field];
  const converter = converterFor(column, names && classLabels([], names));
  const { files, fileOf, firstRow } = storage;
  return gathered(storage, opening, column.from, (raws, block) => {
    const bad: number[] = [];
    const kept = converter.convert(raws, (row) => bad.push(row));
    if (bad.length > 0) {
      const isThere = rowsOf(opening, block);
      const first = bad.find((row) => isThere(row));
      const place = `${files[fileOf[block]].name}:${firstRow[block] + (first ?? 0)}`;
      if (first !== undefined) converter.explain(raws, first, place);
    }
    const read = fieldReader(column, kept) as Reader;
    // A number that is missing is NaN, as in batches.
    return kept.kind === "numbers" ? (row) => read(row) ?? Number.NaN : read;
  });
}

/** The paths in a column of images, those that are not there left out. */
export async function pathsIn(storage: Storage, opening: Opening, field: string): Promise<string[]> {
  const column = opening.fields.find((each) => each.field === field) as ColumnField;
  const found: string[] = [];
  await gathered(storage, opening, column.from, ([raw]) => {
    const read = plainReader(raw);
    return (row) => {
      const path = read(row);
      if (typeof path === "string") found.push(path);
      return 0;
    };
  });
  return found;
}

type Reader = (row: number) => number | string | null;

/** Undefined where a value is null. */
async function gathered(
  storage: Storage,
  { starts, kept }: Opening,
  names: readonly string[],
  readerOf: (raws: readonly RawColumn[], block: number) => Reader,
): Promise<ColumnValues | undefined> {
  const length = starts[starts.length - 1];
  let numbers: Float64Array | undefined = new Float64Array(length);
  let values: (number | string)[] | undefined;
  for (let block = 0; block + 1 < starts.length; block++) {
    const read = readerOf(await storage.read(block, names), block);
    for (let index = starts[block]; index < starts[block + 1]; index++) {
      const value = read(kept === undefined ? index - starts[block] : kept[index]);
      if (value === null) return undefined;
      if (typeof value === "number" && numbers !== undefined) {
        numbers[index] = value;
        continue;
      }
      values ??= numbers === undefined ? [] : Array.from(numbers.subarray(0, index));
      numbers = undefined;
      values.push(value);
    }
  }
  return numbers ?? values;
}

function plainReader(raw: RawColumn): Reader {
  const { absent } = raw;
  const numbers = numbersIn(raw, { kind: "float64" });
  const values = valuesOf(raw);
  return (row) => {
    if (absent?.[row] === 1) return null;
    if (numbers !== undefined && !Number.isNaN(numbers[row])) return numbers[row];
    const value = values(row);
    return typeof value === "number" || typeof value === "string"
      ? value
      : value === null
        ? null
        : String(value);
  };
}

function rowsOf({ starts, kept }: Opening, block: number): (row: number) => boolean {
  if (kept === undefined) return () => true;
  const rows = new Set(kept.subarray(starts[block], starts[block + 1]));
  return (row) => rows.has(row);
}
