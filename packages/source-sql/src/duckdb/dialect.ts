/** DuckDB's SQL. */
import type { ColumnType, Dialect, KeyPart } from "../driver.js";

export const duckdbDialect: Dialect = {
  strict: true,
  // It has no order that it could begin in the middle of: it reads all, and keeps the first.
  seeks: false,
  quote,
  read(column, type) {
    if (type === "time") return `epoch(${column})`;
    if (type === "bool") return `CAST(${column} AS TINYINT)`;
    if (type === "vector") return `CAST(${column} AS FLOAT[])`;
    return type === "decimal" || type === "text" || type === "unknown"
      ? `CAST(${column} AS VARCHAR)`
      : column;
  },
  number: (column, type) =>
    type === "time"
      ? duckdbDialect.read(column, type)
      : type === "float"
        ? column
        : `CAST(${column} AS DOUBLE)`,
  areNumbers: () => undefined,
  order: (part) => (part.kind === "text" ? bytesOf(part) : part.sql),
  bound: ({ kind }) => (kind === "text" ? "CAST(? AS VARCHAR)" : "CAST(? AS BIGINT)"),
  isKey(part, key) {
    const same = `${part.sql} = CAST(? AS ${typeOf(part)})`;
    if (typeOf(part) !== "VARCHAR") return { sql: same, values: [key] };
    // By the first an index serves, by the second its collation does not decide.
    return { sql: `${same} AND ${bytesOf(part)} = CAST(? AS VARCHAR)`, values: [key, key] };
  },
  amongKeys(parts, keys) {
    const lists = parts.map((part) => `unnest(CAST(? AS ${typeOf(part)}[]))`);
    const columns = parts.map(({ sql }) => sql).join(", ");
    return {
      sql: `${parts.length === 1 ? columns : `(${columns})`} IN (SELECT ${lists.join(", ")})`,
      values: parts.map((_, i) => keys.map((key) => key[i])),
    };
  },
  text: (value) => value,
  toBytes: (value) => Buffer.from(value),
  fromBytes: (bytes) => bytes.toString(),
};

export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A text that is compared by its bytes. */
function bytesOf({ sql }: KeyPart): string {
  return `CAST(${sql} AS VARCHAR) COLLATE C`;
}

function typeOf({ kind, native }: KeyPart): string {
  return kind === "text" && native === "UUID" ? native : kind === "text" ? "VARCHAR" : "BIGINT";
}

/** A column's kind by the type's name. */
export function kindOf(native: string): ColumnType {
  if (/^(?:FLOAT|DOUBLE|U?(?:TINY|SMALL|BIG)?INT(?:EGER)?|DECIMAL\(.*\))\[\d*\]$/.test(native))
    return "vector";
  if (native.startsWith("DECIMAL") || native === "HUGEINT" || native === "UHUGEINT" || native === "UBIGINT")
    return "decimal";
  if (/^(?:U?(?:TINY|SMALL)INT|U?INTEGER|BIGINT)$/.test(native)) return "int";
  if (/^(?:FLOAT|DOUBLE)$/.test(native)) return "float";
  if (native === "BOOLEAN") return "bool";
  if (/^(?:DATE|TIMESTAMP)/.test(native)) return "time";
  if (native === "BLOB") return "bytes";
  return /^(?:VARCHAR|UUID|ENUM|JSON)/.test(native) ? "text" : "unknown";
}
