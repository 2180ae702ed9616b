/** One column for all samples, in their order: what stratifying and weighting read. */
import { MillraceError } from "@millrace/core";
import { type Awaitable, type Driver, type SqlRow, type SqlValue, whenReady } from "../driver.js";
import { areListed, between } from "./between.js";
import { deleted } from "./faults.js";
import type { Keys } from "./keys.js";
import { readClass, readColumn, readNumber } from "./layout.js";
import type { Opening } from "./opening.js";
import type { RowReader } from "./sample.js";
import { type Select, selectOf } from "./select.js";

type Column = ArrayLike<number | string>;

/** Rows that are asked for at once: what is read again where a connection is lost. */
const PAGE = 65_536;
/** The same where all of their keys are named. */
const LISTED = 16_384;

/**
 * `Dataset.column`: the field "label" as the samples have it, or any column: Int32Array for classes, Float64Array for
 * numbers, plain strings for texts; undefined where there is no such column. One scan in the order of the keys. A promise
 * where the driver's answers are.
 */
export function columnReader(
  driver: Driver,
  opening: Opening,
  reader: RowReader,
  keys: Keys,
): (name: string) => Awaitable<Column | undefined> {
  const read = new Map<string, Awaitable<Column | undefined>>();
  return (name) => {
    if (!read.has(name)) {
      const column = columnValues({ driver, opening, reader, keys }, name);
      read.set(name, column);
      // What failed once may be asked for again.
      if (column instanceof Promise) column.catch(() => read.delete(name));
    }
    return read.get(name);
  };
}

interface Reading {
  readonly driver: Driver;
  readonly opening: Opening;
  readonly reader: RowReader;
  readonly keys: Keys;
}

function columnValues(reading: Reading, name: string): Awaitable<Column | undefined> {
  const { driver, opening, reader, keys } = reading;
  const { relation, layout } = opening;
  const { dialect } = driver;
  if (name === "label" && layout.label !== undefined) {
    const { classes, column } = layout.label;
    const labels = classes === undefined ? new Float64Array(keys.length) : new Int32Array(keys.length);
    const read = (classes === undefined ? readNumber : readClass)(relation, dialect, column);
    const done = scan(reading, read, (value, index) => {
      labels[index] = reader.label(value, () => keys.name(index));
    });
    return whenReady(done, () => labels);
  }
  const field = layout.fields?.find((each) => each.field === name && each.from.length === 1);
  const column = field?.from[0] ?? name;
  if (!relation.columns.some((each) => each.name === column)) return undefined;
  const values = Array.from<unknown>({ length: keys.length });
  const done = scan(reading, readColumn(relation, dialect, column), (value, index) => {
    const row = (): string => keys.name(index);
    const made = field === undefined ? reader.value(value, name, row) : reader.typed(name, [value], row);
    values[index] = typeof made === "boolean" ? Number(made) : made;
  });
  return whenReady(done, () => {
    if (values.every((value) => typeof value === "number")) return Float64Array.from(values);
    if (values.every((value) => typeof value === "string")) return values;
    throw mixed(reading, name, values);
  });
}

/** Walks the rows beside the list of keys: one inserted since is passed over, one deleted since is an error. */
function scan(
  { driver, opening, keys }: Reading,
  column: string,
  take: (value: SqlValue, index: number) => void,
): Awaitable<void> {
  const { relation } = opening;
  const select = selectOf(driver.dialect, opening, keys);
  let index = 0;
  const takeAll = (rows: Iterable<SqlRow>, end: number): void => {
    for (const row of rows)
      if (index < end && keys.idOf(row) === keys.id(index)) take(row[select.start], index++);
    if (index < end) throw deleted(relation.name, keys.name(index), driver.name);
  };
  const page = (end: number) => between({ select, keys }, index, end, [column]);
  const whole = page(keys.length);
  const chunks = driver.stream(whole.sql, whole.values, { exact: true });
  if (Symbol.iterator in chunks) return takeAll(rowsOf(chunks), keys.length);
  const size = areListed({ select, keys }, PAGE) ? LISTED : PAGE;
  return scanPages({ driver, keys, size }, page, takeAll, () => index);
}

async function scanPages(
  { driver, keys, size }: Pick<Reading, "driver" | "keys"> & { readonly size: number },
  page: (end: number) => ReturnType<Select["range"]>,
  takeAll: (rows: Iterable<SqlRow>, end: number) => void,
  reached: () => number,
): Promise<void> {
  while (reached() < keys.length) {
    const end = Math.min(keys.length, reached() + size);
    const { sql, values } = page(end);
    takeAll(await driver.rows(sql, values, { exact: true }), end);
  }
}

function* rowsOf(chunks: Iterable<readonly SqlRow[]>): Generator<SqlRow> {
  for (const rows of chunks) yield* rows;
}

function mixed({ driver, opening, keys }: Reading, name: string, values: readonly unknown[]): MillraceError {
  const { relation } = opening;
  const kind = typeof values[0] === "number" ? "number" : "string";
  const index = kind === typeof values[0] ? values.findIndex((value) => typeof value !== kind) : 0;
  const shown = values[index] === null ? "NULL" : typeof values[index];
  return new MillraceError(
    "TABLE_INVALID",
    `column "${name}" of ${relation.name} must be all numbers or all texts, was ${shown} at ${keys.name(index)}`,
    { hint: "Choose another column, or correct it with a view.", where: [driver.name] },
  );
}
