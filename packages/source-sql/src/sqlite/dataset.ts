/** The dataset over a table whose keys are known: one prepared query per sample, or one per batch. */
import { type Allocator, checkIndex, type Dataset, defaultCollate } from "@millrace/core";
import {
  bearsRounding,
  otherFields,
  readFeatures,
  type SqlRow,
  type SqlSample,
  selectedColumns,
  toSample,
} from "../sample.js";
import { readColumn } from "./column.js";
import { quote } from "./connection.js";
import { deleted, type KeyedTable, rowName } from "./keyed-table.js";
import { asKey, keysAsJson } from "./keys.js";
import { columnOf } from "./schema.js";

/** The dataset of a table's rows, in ascending order of their keys; closing it closes the connection. */
export function keyedRows(keyed: KeyedTable): Dataset<SqlSample> {
  const { connection, keys, layout, labels } = keyed;
  const { oneRow, manyRows } = queriesOf(keyed);
  const columns = new Map<string, ArrayLike<number | string> | undefined>();
  const rowsAt = (indices: readonly number[]): SqlRow[] => {
    for (const index of indices) checkIndex(index, keys.length);
    const found = manyRows.all(keysAsJson(keys, indices));
    const rows = new Map(found.map((row) => [asKey(row[0], keys), row]));
    return indices.map((index) => {
      const row = rows.get(keys[index]);
      if (row === undefined) throw deleted(keyed, index);
      return row;
    });
  };
  return {
    length: keys.length,
    facts: labels === undefined ? {} : { labels },
    key: (index) => `${layout.table} ${rowName(keyed, checkIndex(index, keys.length))}`,
    get(index) {
      const row = oneRow.first(keys[checkIndex(index, keys.length)]);
      if (row === undefined) throw deleted(keyed, index);
      return toSample(row, 0, layout, () => rowName(keyed, index));
    },
    getMany: (indices) =>
      rowsAt(indices).map((row, i) => toSample(row, 1, layout, () => rowName(keyed, indices[i]))),
    getBatch: (indices, _context, allocator) => batchOf(keyed, rowsAt(indices), indices, allocator),
    column(name) {
      if (!columns.has(name)) columns.set(name, readColumn(keyed, name));
      return columns.get(name);
    },
    close: () => connection.close(),
  };
}

/** What collating the samples of `rows` gives, without a sample's own array of features; the first value of a row is its key. */
function batchOf(
  keyed: KeyedTable,
  rows: readonly SqlRow[],
  indices: readonly number[],
  allocator: Allocator,
): unknown {
  const { layout } = keyed;
  const count = layout.features.length;
  const features = count > 0 ? allocator.allocate("float32", [rows.length, count]) : undefined;
  const others = rows.map((row, i) => {
    const name = (): string => rowName(keyed, indices[i]);
    if (features !== undefined) readFeatures(row, 1, layout, name, features.data as Float32Array, i * count);
    return otherFields(row, 1 + count, layout, name);
  });
  return { ...(features && { features }), ...(defaultCollate(others, allocator) as object) };
}

function queriesOf({ connection, table, key, keys, layout }: KeyedTable) {
  const columns = selectedColumns(layout).map((name) => columnOf(table, name));
  const source = `${quote(table.name)} AS source`;
  const keyColumn = columnOf(table, key.name);
  const one = `SELECT ${columns.join(", ")} FROM ${source} WHERE ${keyColumn} = ?`;
  // IN, not a join: where the key has no index it is one scan for the batch, and not one scan per key.
  const many = `SELECT ${[keyColumn, ...columns].join(", ")} FROM ${source}
    WHERE ${keyColumn} IN (SELECT value FROM json_each(?))`;
  const rounded = !(keys instanceof BigInt64Array) && bearsRounding(layout);
  return { oneRow: connection.query(one), manyRows: connection.query(many, { rounded }) };
}
