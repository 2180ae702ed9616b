/**
 * SQLite's SQL. Texts cross from SQLite as the hexadecimal digits of their bytes: libsql ends the process at a text that
 * is not UTF-8, which SQLite may hold, and cuts one at U+0000.
 */
import type { ColumnType, Dialect } from "../driver.js";

/** `PRAGMA encoding`: that of every text in the file. */
export type Encoding = "UTF-8" | "UTF-16le" | "UTF-16be";

export function sqliteDialect(encoding: Encoding): Dialect {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return {
    quote,
    read: (column) => `CASE typeof(${column}) WHEN 'text' THEN hex(${column}) ELSE ${column} END`,
    // Numbers come before texts, and NULL gives NULL; the plus keeps an index of the column out of it.
    areNumbers: (columns) => columns.map((column) => `+${column} < ''`).join(" AND "),
    isKey: (column, kind) => `${column} = ${kind === "text" ? textOfHex("?") : "?"}`,
    // IN, not a join: where the key has no index it is one scan for the batch, and not one scan per key.
    amongKeys: (column, kind) =>
      `${column} IN (SELECT ${kind === "text" ? textOfHex("value") : "value"} FROM json_each(?))`,
    keyList: (keys) => (typeof keys[0] === "bigint" ? `[${keys.join(",")}]` : JSON.stringify(keys)),
    text(value) {
      try {
        return decoder.decode(Buffer.from(value, "hex"));
      } catch {
        return undefined;
      }
    },
    toBytes: (value) => Buffer.from(value, "hex"),
    fromBytes: (bytes) => bytes.toString("hex").toUpperCase(),
  };
}

/** An identifier in SQL, whatever characters it has. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** SQLite's affinities by declared type, with dates, times and truth values told apart by their names. */
export function typeOf(declared: string | null): ColumnType {
  const type = (declared ?? "").toUpperCase();
  if (type === "" || type.includes("ANY")) return "unknown";
  if (/DATE|TIME/.test(type)) return "time";
  if (type.includes("INT")) return "int";
  if (/CHAR|CLOB|TEXT|JSON|STRING|UUID/.test(type)) return "text";
  if (type.includes("BLOB")) return "bytes";
  if (/REAL|FLOA|DOUB/.test(type)) return "float";
  return type.includes("BOOL") ? "bool" : "decimal";
}

function textOfHex(digits: string): string {
  return `CAST(unhex(${digits}) AS TEXT)`;
}
