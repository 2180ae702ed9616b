/** One column for all samples, in their order: what stratifying and weighting read. */
import { MillraceError } from "@millrace/core";
import { asItIs, type SqlValue, toLabel } from "../sample.js";
import { quote } from "./connection.js";
import { deleted, type KeyedTable, rowName } from "./keyed-table.js";
import { asKey } from "./keys.js";
import { columnOf } from "./schema.js";

/**
 * The field "label" as the samples have it, or any column of the table: Int32Array for classes, Float64Array for
 * numbers, plain strings for texts; undefined where there is no such column. One scan in the order of the keys.
 */
export function readColumn(keyed: KeyedTable, name: string): ArrayLike<number | string> | undefined {
  const { table, layout, keys } = keyed;
  if (name === "label" && layout.label !== undefined) {
    const labels =
      layout.label.indices === undefined ? new Float64Array(keys.length) : new Int32Array(keys.length);
    scan(keyed, layout.label.column, (value, index) => {
      labels[index] = toLabel(value, layout, () => rowName(keyed, index));
    });
    return labels;
  }
  if (!table.columns.some((column) => column.name === name)) return undefined;
  const values = Array.from<unknown>({ length: keys.length });
  scan(keyed, name, (value, index) => {
    values[index] = asItIs(value, table.name, name, () => rowName(keyed, index));
  });
  if (values.every((value) => typeof value === "number")) return Float64Array.from(values);
  if (values.every((value) => typeof value === "string")) return values;
  throw mixed(keyed, name, values);
}

/** Walks the table beside the list of keys: a row inserted since is passed over, a row deleted since is an error. */
function scan(keyed: KeyedTable, name: string, take: (value: SqlValue, index: number) => void): void {
  const { connection, table, key, keys } = keyed;
  const keyColumn = columnOf(table, key.name);
  const rows = connection.query(
    `SELECT ${keyColumn}, ${columnOf(table, name)} FROM ${quote(table.name)} AS source ORDER BY ${keyColumn}`,
  );
  let index = 0;
  for (const [found, value] of rows.each()) {
    if (index < keys.length && asKey(found, keys) === keys[index]) take(value, index++);
  }
  if (index < keys.length) throw deleted(keyed, index);
}

function mixed(keyed: KeyedTable, name: string, values: readonly unknown[]): MillraceError {
  const kind = typeof values[0] === "number" ? "number" : "string";
  const index = kind === typeof values[0] ? values.findIndex((value) => typeof value !== kind) : 0;
  const shown = values[index] === null ? "NULL" : typeof values[index];
  return new MillraceError(
    "TABLE_INVALID",
    `column "${name}" of table "${keyed.table.name}" must be all numbers or all texts, was ${shown} at ${rowName(keyed, index)}`,
    { hint: "Choose another column, or correct it with a view.", where: [keyed.connection.name] },
  );
}
