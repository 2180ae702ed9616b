/**
 * SQLite's SQL. Texts cross from SQLite as the hexadecimal digits of their bytes: libsql ends the process at a text that
 * is not UTF-8, which SQLite may hold, and cuts one at U+0000.
 */
import type { ColumnType, Dialect, Key, KeyPart } from "../driver.js";

/** `PRAGMA encoding`: that of every text in the file. */
export type Encoding = "UTF-8" | "UTF-16le" | "UTF-16be";

export function sqliteDialect(encoding: Encoding): Dialect {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return {
    strict: false,
    seeks: true,
    fillsAny: true,
    quote,
    read,
    number: read,
    // Numbers come before texts, and NULL gives NULL; the plus keeps an index of the column out of it.
    areNumbers: (columns) => columns.map((column) => `+${column} < ''`).join(" AND "),
    order: ({ sql }) => sql,
    bound,
    isKey: (part, key) => ({ sql: `${part.sql} = ${bound(part)}`, values: [key] }),
    // IN, not a join: where the key has no index it is one scan for the batch, and not one scan per key.
    amongKeys(parts, keys) {
      const values = parts.map((part, i) =>
        valueOf(part, parts.length === 1 ? "value" : `json_extract(value, '$[${i}]')`),
      );
      const list = parts.length === 1 ? keys.map(([key]) => key) : keys;
      return {
        sql: `${tuple(parts.map(({ sql }) => sql))} IN (SELECT ${values.join(", ")} FROM json_each(?))`,
        values: [jsonOf(list)],
      };
    },
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

function read(column: string): string {
  return `CASE typeof(${column}) WHEN 'text' THEN hex(${column}) ELSE ${column} END`;
}

function bound(part: KeyPart): string {
  return valueOf(part, "?");
}

/** A key, of whose text only the digits have crossed. */
function valueOf({ kind }: KeyPart, value: string): string {
  return kind === "text" ? `CAST(unhex(${value}) AS TEXT)` : value;
}

function tuple(parts: readonly string[]): string {
  return parts.length === 1 ? parts[0] : `(${parts.join(", ")})`;
}

/** JSON has integers of any size, of which `JSON.stringify` knows nothing. */
function jsonOf(list: readonly (Key | readonly Key[])[]): string {
  if (list.every((value) => typeof value === "number")) return JSON.stringify(list);
  const texts = list.map((value): string => {
    if (typeof value === "object") return jsonOf(value);
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  });
  return `[${texts.join(",")}]`;
}
