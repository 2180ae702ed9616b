/** The dataset over a table whose keys are known: one prepared query per sample, or one per batch. */
import { type Dataset, MillraceError } from "@millrace/core";
import { type SqlSample, selectedColumns, toSample } from "../sample.js";
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
  return {
    length: keys.length,
    facts: labels === undefined ? {} : { labels },
    key: (index) => `${layout.table} ${rowName(keyed, checked(index, keys.length))}`,
    get(index) {
      const row = oneRow.first(keys[checked(index, keys.length)]);
      if (row === undefined) throw deleted(keyed, index);
      return toSample(row, 0, layout, rowName(keyed, index));
    },
    getMany(indices) {
      for (const index of indices) checked(index, keys.length);
      const found = manyRows.all(keysAsJson(keys, indices));
      const rows = new Map(found.map((row) => [asKey(row[0], keys), row]));
      return indices.map((index) => {
        const row = rows.get(keys[index]);
        if (row === undefined) throw deleted(keyed, index);
        return toSample(row, 1, layout, rowName(keyed, index));
      });
    },
    column(name) {
      if (!columns.has(name)) columns.set(name, readColumn(keyed, name));
      return columns.get(name);
    },
    close: () => connection.close(),
  };
}

function queriesOf({ connection, table, key, layout }: KeyedTable) {
  const columns = selectedColumns(layout).map((name) => columnOf(table, name));
  const source = `${quote(table.name)} AS source`;
  const keyColumn = columnOf(table, key.name);
  const one = `SELECT ${columns.join(", ")} FROM ${source} WHERE ${keyColumn} = ?`;
  // IN, not a join: where the key has no index it is one scan for the batch, and not one scan per key.
  const many = `SELECT ${[keyColumn, ...columns].join(", ")} FROM ${source}
    WHERE ${keyColumn} IN (SELECT value FROM json_each(?))`;
  return { oneRow: connection.query(one), manyRows: connection.query(many) };
}

function checked(index: number, length: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index;
  throw new MillraceError(
    "DATASET_INDEX",
    `an index must be an integer from 0 to ${length - 1}, was ${index}`,
    {
      hint: "Ask for indices below `length` only.",
    },
  );
}
