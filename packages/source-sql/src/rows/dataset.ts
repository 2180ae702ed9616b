/** The dataset over rows whose keys are known: one query per sample, or one per batch, put back into the asked order. */
import { type Allocator, checkIndex, type Dataset, defaultCollate } from "@millrace/core";
import { type Awaitable, type Driver, type SqlRow, whenReady } from "../driver.js";
import { columnReader } from "./column.js";
import { deleted } from "./faults.js";
import { type Key, keysOf } from "./keys.js";
import { columnOf, selectedColumns } from "./layout.js";
import type { Opening } from "./opening.js";
import { bearsRounding, type RowReader, rowReader, type SqlSample } from "./sample.js";

/** The dataset of an opening, in ascending order of the keys; closing it closes the driver. */
export function keyedRows(driver: Driver, opening: Opening): Dataset<SqlSample> {
  const { relation, layout, key } = opening;
  const keys = keysOf(opening.keys, key.name, driver.dialect);
  const reader = rowReader(layout, relation.name, driver.dialect);
  const queries = queriesOf(driver, opening);
  const exact = keys.exact || !bearsRounding(layout);
  const missing = (index: number) => deleted(relation.name, keys.name(index), driver.name);
  const rowsAt = (indices: readonly number[]): Awaitable<readonly SqlRow[]> => {
    for (const index of indices) checkIndex(index, keys.length);
    const asked = indices.map((index) => keys.at(index));
    const values = [...relation.values, driver.dialect.keyList(asked)];
    const byKey = (found: readonly SqlRow[]): Map<unknown, SqlRow> => {
      const rows = new Map<unknown, SqlRow>();
      for (const row of found) rows.set(keys.exact ? row[0] : asNumber(row[0] as Key), row);
      return rows;
    };
    const inOrder = (rows: Map<unknown, SqlRow>): SqlRow[] =>
      asked.map((key, i) => {
        const row = rows.get(key);
        if (row === undefined) throw missing(indices[i]);
        return row;
      });
    return whenReady(driver.rows(queries.many, values, { exact }), (found) => {
      const rows = byKey(found);
      if (queries.checked === undefined || asked.every((key) => rows.has(key))) return inOrder(rows);
      // A row that holds no numbers, or is gone: which of the two, and where.
      return whenReady(driver.rows(queries.checked, values, { exact }), (found) => inOrder(byKey(found)));
    });
  };
  const facts = {
    ...(layout.label?.classes && { labels: layout.label.classes }),
    ...(layout.features.length > 0 && { features: layout.features }),
  };
  return {
    length: keys.length,
    facts,
    fields: opening.types,
    key: (index) => `${relation.prefix} ${keys.name(checkIndex(index, keys.length))}`,
    get(index) {
      const key = keys.at(checkIndex(index, keys.length));
      const found = driver.rows(queries.one, [...relation.values, key], { exact: true, one: true });
      return whenReady(found, ([row]) => {
        if (row === undefined) throw missing(index);
        return reader.sample(row, 0, () => keys.name(index));
      });
    },
    getMany: (indices) =>
      whenReady(rowsAt(indices), (rows) =>
        rows.map((row, i) => reader.sample(row, 1, () => keys.name(indices[i]))),
      ),
    getBatch: (indices, _context, allocator) =>
      whenReady(rowsAt(indices), (rows) =>
        batchOf(rows, opening, reader, (i) => keys.name(indices[i]), allocator),
      ),
    column: columnReader(driver, opening, reader, keys),
    close: () => driver.close(),
  };
}

/** What collating the samples of `rows` gives, without a sample's own array of features; the first value of a row is its key. */
function batchOf(
  rows: readonly SqlRow[],
  { layout, types }: Opening,
  reader: RowReader,
  nameOf: (i: number) => string,
  allocator: Allocator,
): unknown {
  const count = layout.features.length;
  const features = count > 0 ? allocator.allocate("float32", [rows.length, count]) : undefined;
  const others = rows.map((row, i) => {
    const name = (): string => nameOf(i);
    if (features !== undefined) reader.features(row, 1, name, features.data as Float32Array, i * count);
    return reader.others(row, 1 + count, name);
  });
  return { ...(features && { features }), ...(defaultCollate(others, allocator, types) as object) };
}

function queriesOf({ dialect }: Driver, { relation, key, keys, layout }: Opening) {
  const columns = selectedColumns(layout).map((name) => columnOf(relation, dialect, name));
  const read = columns.map((column) => dialect.read(column));
  const id = keys.kind === "text" ? dialect.read(key.sql) : key.sql;
  const among = dialect.amongKeys(key.sql, keys.kind);
  const many = (columns: readonly string[], also: string): string =>
    `SELECT ${[id, ...columns].join(", ")} FROM ${relation.from} WHERE ${among}${also}`;
  const isNumber = layout.label !== undefined && layout.label.classes === undefined;
  const count = layout.features.length + (isNumber ? 1 : 0);
  const numbers = count === 0 ? undefined : dialect.areNumbers(columns.slice(0, count));
  const plain = many([...columns.slice(0, count), ...read.slice(count)], ` AND ${numbers}`);
  return {
    one: `SELECT ${read.join(", ")} FROM ${relation.from} WHERE ${dialect.isKey(key.sql, keys.kind)}`,
    many: numbers === undefined ? many(read, "") : plain,
    /** What tells a row that `many` leaves out, for it holds no numbers, from one that is gone. */
    checked: numbers === undefined ? undefined : many(read, ""),
  };
}

function asNumber(key: Key): Key {
  return typeof key === "bigint" ? Number(key) : key;
}
