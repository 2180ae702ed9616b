/** The ordered list of a table's keys, which turns an index into a row: read once, 4 to 8 bytes per integer key. */
import { MillraceError } from "@millrace/core";
import type { SqlValue } from "../sample.js";
import { type Connection, quote } from "./connection.js";
import { columnOf, type KeyColumn, type Table } from "./schema.js";

export type Key = number | bigint | string;

/** Keys in ascending order: typed for integers, plain for texts. */
export type Keys = Int32Array | Float64Array | BigInt64Array | readonly string[];

/** Keys per query: as one JSON array they cross from SQLite five times faster than as rows. */
const PAGE = 131_072;

/** Reads every key in ascending order; keys must be unique integers or unique texts, and there must be one. */
export function readKeys(connection: Connection, table: Table, key: KeyColumn): Keys {
  const from = `FROM ${quote(table.name)} AS source`;
  const column = columnOf(table, key.name);
  const kinds = key.rowid
    ? "count(*), 0"
    : `sum(typeof(${column}) = 'integer'), sum(typeof(${column}) = 'text')`;
  const [count, integers, texts, low, high] = connection
    .query(`SELECT count(*), ${kinds}, min(${column}), max(${column}) ${from}`)
    .first() as [bigint, bigint, bigint, bigint, bigint];
  if (count === 0n) {
    throw new MillraceError("TABLE_INVALID", `table "${table.name}" must have at least one row, has none`, {
      hint: "Fill the table, or name another in `table`.",
      where: [connection.name],
    });
  }
  if (integers !== count && texts !== count)
    throw unusable(connection, table, key, "all integers or all texts");
  if (!key.unique) requireUnique(connection, table, key, `${column} ${from}`);
  const keys = texts === count ? [] : integerArray(Number(count), low, high);
  let filled = 0;
  for (const page of pages(connection, column, from, keys instanceof BigInt64Array)) {
    for (const value of page) keys[filled++] = value as never;
  }
  return keys;
}

/** What a person calls the row: `id=7`. */
export function keyText(name: string, key: Key): string {
  return `${name}=${typeof key === "string" ? JSON.stringify(key) : key}`;
}

/** A key as the driver returns it, in the form in which `keys` holds it. */
export function asKey(value: SqlValue, keys: Keys): Key {
  return (typeof value === "bigint" && !(keys instanceof BigInt64Array) ? Number(value) : value) as Key;
}

/** The keys at `indices` as a JSON array, for `json_each`. */
export function keysAsJson(keys: Keys, indices: readonly number[]): string {
  return keys instanceof BigInt64Array
    ? `[${indices.map((index) => keys[index]).join(",")}]`
    : JSON.stringify(indices.map((index) => keys[index]));
}

function integerArray(length: number, low: bigint, high: bigint): Int32Array | Float64Array | BigInt64Array {
  if (low >= -(2n ** 31n) && high < 2n ** 31n) return new Int32Array(length);
  if (low > -(2n ** 53n) && high < 2n ** 53n) return new Float64Array(length);
  return new BigInt64Array(length);
}

/** Pages of keys in ascending order; `exact` keeps integers beyond 2^53, which JSON would round, as bigint. */
function* pages(connection: Connection, column: string, from: string, exact: boolean): Iterable<Key[]> {
  const value = exact ? `CAST(${column} AS TEXT)` : column;
  const page = (where: string) =>
    connection.query(
      `SELECT json_group_array(value) FROM
        (SELECT ${value} AS value ${from} ${where} ORDER BY ${column} LIMIT ${PAGE})`,
    );
  const next = page(`WHERE ${column} > ?`);
  let row = page("").first();
  for (;;) {
    const parsed = JSON.parse(row?.[0] as string) as (number | string)[];
    const keys = exact ? parsed.map(BigInt) : parsed;
    yield keys;
    if (keys.length < PAGE) return;
    row = next.first(keys[keys.length - 1]);
  }
}

function requireUnique(connection: Connection, table: Table, key: KeyColumn, source: string): void {
  const column = columnOf(table, key.name);
  const double = connection.query(`SELECT ${source} GROUP BY ${column} HAVING count(*) > 1 LIMIT 1`).first();
  if (double === undefined) return;
  throw unusable(connection, table, key, `unique, but ${keyText(key.name, double[0] as Key)} is there twice`);
}

function unusable(connection: Connection, table: Table, key: KeyColumn, rule: string): MillraceError {
  const asked = `the key "${key.name}" of table "${table.name}" must be ${rule}`;
  return new MillraceError("TABLE_INVALID", asked, {
    hint:
      table.rowid === undefined || key.rowid
        ? "Name another column in `key`, and leave out rows without a key."
        : `Name another column in \`key\`, or "${table.rowid}" for SQLite's own row id.`,
    where: [connection.name],
  });
}
