/** The SQL of MySQL and MariaDB. */
import type { ColumnType, Condition, Dialect, Key, KeyPart } from "../driver.js";

/** Values of one statement, of which the server takes 65,535: as many at most are bound, more are written out. */
const MOST_BOUND = 16_384;

/** The connection's character set. */
const CHARSET = "utf8mb4";

export const mysqlDialect: Dialect = {
  strict: true,
  seeks: true,
  quote,
  read(column, type) {
    if (type === "unknown") return `ST_AsText(${column})`;
    if (type === "bool") return `(${column} + 0)`;
    return type === "time" ? `(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${column}) / 1e6)` : column;
  },
  number(column, type) {
    return type === "decimal" ? `(${column} + 0e0)` : mysqlDialect.read(column, type);
  },
  areNumbers: () => undefined,
  order: (part) => (part.kind === "text" ? bytesOf(part) : part.sql),
  listsTexts: true,
  bound: ({ kind }) => (kind === "text" ? "CAST(? AS BINARY)" : "?"),
  isKey: (part, key) =>
    part.kind === "int"
      ? { sql: `${part.sql} = ?`, values: [key] }
      : // By the first an index serves, by the second its collation does not decide.
        { sql: `${part.sql} = ? AND ${bytesOf(part)} = CAST(? AS BINARY)`, values: [key, key] },
  amongKeys(parts, keys): Condition {
    const bound = keys.length * parts.length <= MOST_BOUND;
    const list = bound ? padded(keys) : keys;
    const marks = list.map((key) => key.map((value) => (bound ? "?" : literal(value))));
    const columns = parts.map(({ sql }) => sql);
    const values = bound ? list.flat() : [];
    if (parts.length === 1) return { sql: `${columns[0]} IN (${marks.join(", ")})`, values };
    // Of a column in another character set than the connection's, MariaDB finds nothing in a list of rows.
    if (parts.every(({ kind, native }) => kind === "int" || native === CHARSET))
      return {
        sql: `(${columns.join(", ")}) IN (${marks.map((row) => `(${row.join(", ")})`).join(", ")})`,
        values,
      };
    const rows = marks.map((row) => `(${row.map((mark, i) => `${columns[i]} = ${mark}`).join(" AND ")})`);
    return { sql: `(${rows.join(" OR ")})`, values };
  },
  sum(columns) {
    const values = columns.map(({ sql, type }) => {
      // Of a FLOAT only six digits would be written.
      if (type === "float") return `IFNULL(${sql} + 0e0, '-')`;
      return type === "text" || type === "bytes" || type === "unknown"
        ? `IFNULL(SHA2(${sql}, 256), '-')`
        : `IFNULL(${sql}, '-')`;
    });
    return `SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', ${values.join(", ")}), 256), 15), 16, 10) AS UNSIGNED))`;
  },
  text: (value) => value,
  toBytes: (value) => Buffer.from(value),
  fromBytes: (bytes) => bytes.toString(),
};

export function quote(identifier: string): string {
  return `\`${identifier.replaceAll("`", "``")}\``;
}

/** A key as SQL has it: a backslash is a character like others. */
function literal(key: Key): string {
  return typeof key === "string" ? `'${key.replaceAll("'", "''")}'` : String(key);
}

function bytesOf({ sql }: KeyPart): string {
  return `CAST(CONVERT(${sql} USING utf8mb4) AS BINARY)`;
}

/** Lengths are powers of two, the last key repeated, so that few statements are prepared for batches of all sizes. */
function padded(keys: readonly (readonly Key[])[]): readonly (readonly Key[])[] {
  const size = 2 ** Math.ceil(Math.log2(keys.length));
  const last = keys[keys.length - 1];
  return [...keys, ...Array.from({ length: size - keys.length }, () => last)];
}

/**
 * A column's kind by the protocol's number of its type (enum_field_types), the character set 63 of bytes, and its length: one bit
 * is a truth value.
 */
export function kindOf(type: number, characterSet: number, length: number): ColumnType {
  if (type === BIT && length === 1) return "bool";
  if (type in kinds) return kinds[type];
  return characterSet === 63 ? "bytes" : "text";
}

const BIT = 16;

const kinds: Readonly<Record<number, ColumnType>> = {
  0: "decimal",
  1: "int",
  2: "int",
  3: "int",
  4: "float",
  5: "float",
  7: "time",
  8: "int",
  9: "int",
  10: "time",
  11: "text",
  12: "time",
  13: "int",
  14: "time",
  16: "bytes",
  245: "text",
  246: "decimal",
  // Geometries.
  255: "unknown",
};
