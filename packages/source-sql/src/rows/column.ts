/** One column for all samples, in their order: what stratifying and weighting read. */
import { MillraceError } from "@millrace/core";
import type { Driver, SqlValue } from "../driver.js";
import { deleted } from "./faults.js";
import type { Keys } from "./keys.js";
import { columnOf } from "./layout.js";
import type { Opening } from "./opening.js";
import type { RowReader } from "./sample.js";

type Column = ArrayLike<number | string>;

/**
 * `Dataset.column`: the field "label" as the samples have it, or any column: Int32Array for classes, Float64Array for
 * numbers, plain strings for texts; undefined where there is no such column. One scan in the order of the keys.
 */
export function columnReader(
  driver: Driver,
  opening: Opening,
  reader: RowReader,
  keys: Keys,
): (name: string) => Column | undefined {
  const read = new Map<string, Column | undefined>();
  return (name) => {
    if (!read.has(name)) read.set(name, readColumn(driver, opening, reader, keys, name));
    return read.get(name);
  };
}

function readColumn(
  driver: Driver,
  opening: Opening,
  reader: RowReader,
  keys: Keys,
  name: string,
): Column | undefined {
  const { relation, layout } = opening;
  if (name === "label" && layout.label !== undefined) {
    const { classes, column } = layout.label;
    const labels = classes === undefined ? new Float64Array(keys.length) : new Int32Array(keys.length);
    scan(driver, opening, keys, column, (value, index) => {
      labels[index] = reader.label(value, () => keys.name(index));
    });
    return labels;
  }
  if (!relation.columns.some((column) => column.name === name)) return undefined;
  const values = Array.from<unknown>({ length: keys.length });
  scan(driver, opening, keys, name, (value, index) => {
    values[index] = reader.value(value, name, () => keys.name(index));
  });
  if (values.every((value) => typeof value === "number")) return Float64Array.from(values);
  if (values.every((value) => typeof value === "string")) return values;
  throw mixed(driver, opening, keys, name, values);
}

/** Walks the rows beside the list of keys: one inserted since is passed over, one deleted since is an error. */
function scan(
  driver: Driver,
  { relation, key }: Opening,
  keys: Keys,
  name: string,
  take: (value: SqlValue, index: number) => void,
): void {
  const { dialect } = driver;
  const columns = [key.sql, columnOf(relation, dialect, name)].map((column) => dialect.read(column));
  const chunks = driver.stream(
    `SELECT ${columns.join(", ")} FROM ${relation.from} ORDER BY ${key.sql}`,
    relation.values,
    { exact: true },
  );
  if (!(Symbol.iterator in chunks)) throw cannotWait(driver, name);
  let index = 0;
  for (const rows of chunks) {
    for (const [found, value] of rows) {
      if (index === keys.length) continue;
      const key = typeof found === "bigint" && !keys.exact ? Number(found) : found;
      if (key === keys.at(index)) take(value, index++);
    }
  }
  if (index < keys.length) throw deleted(relation.name, keys.name(index), driver.name);
}

function cannotWait(driver: Driver, name: string): MillraceError {
  return new MillraceError(
    "DATABASE_FAILED",
    `column "${name}" must be there at once, but "${driver.name}" answers later`,
    {
      hint: "Copy the column to a file, or to SQLite.",
    },
  );
}

function mixed(
  driver: Driver,
  { relation }: Opening,
  keys: Keys,
  name: string,
  values: readonly unknown[],
): MillraceError {
  const kind = typeof values[0] === "number" ? "number" : "string";
  const index = kind === typeof values[0] ? values.findIndex((value) => typeof value !== kind) : 0;
  const shown = values[index] === null ? "NULL" : typeof values[index];
  return new MillraceError(
    "TABLE_INVALID",
    `column "${name}" of ${relation.name} must be all numbers or all texts, was ${shown} at ${keys.name(index)}`,
    { hint: "Choose another column, or correct it with a view.", where: [driver.name] },
  );
}
