/** What tells the content of an opening from all others, where no file does: the keys as they were read, and a sum over all rows. */
import { createHash } from "node:crypto";
import type { Driver } from "../driver.js";
import { columnOf, selectedColumns, typeOf } from "./layout.js";
import type { Opening } from "./opening.js";

/**
 * Reads all columns that samples are made of, once, in the database: only the sum comes back.
 */
export async function fingerprintRows(driver: Driver, opening: Opening): Promise<string> {
  const { key, keys, layout, relation, tiles, where } = opening;
  const { dialect } = driver;
  const own = new Set(key.map(({ name }) => name));
  const others = [...new Set(selectedColumns(layout))].filter((name) => !own.has(name));
  const columns = [
    ...key.map(({ sql, type }) => ({ sql, type })),
    ...others.map((name) => ({
      sql: columnOf(relation, dialect, name),
      type: typeOf(relation, name),
    })),
  ];
  const filter = where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`;
  const sum = dialect.sum?.(columns) ?? "0";
  const [[count, found]] = await driver.rows(
    `SELECT count(*), ${sum} FROM ${relation.from}${filter}`,
    relation.values,
    {
      exact: true,
    },
  );
  const hash = createHash("sha256");
  const types = others.map((name) => relation.columns.find((column) => column.name === name));
  hash.update(JSON.stringify([relation.from, key, types, String(count), String(found)]));
  for (const data of keys) {
    if (data.kind === "int") hash.update(bytesOf(data.integers));
    else hash.update(bytesOf(data.ends)).update(data.bytes);
  }
  if (tiles !== undefined) hash.update(JSON.stringify(tiles, (_, value: unknown) => plain(value)));
  return hash.digest("hex");
}

function bytesOf({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function plain(value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
