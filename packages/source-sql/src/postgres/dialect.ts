/** PostgreSQL's SQL. */
import type { ColumnType, Dialect, Key, KeyPart, SqlBound } from "../driver.js";

export const postgresDialect: Dialect = {
  strict: true,
  seeks: true,
  quote,
  read(column, type) {
    // What a column's type is made later changes nothing of what arrives.
    if (type === "int") return `(${column})::int8`;
    if (type === "bool") return `(${column})::bool`;
    if (type === "float") return `(${column})::float8`;
    if (type === "time") return `EXTRACT(epoch FROM ${column})::float8`;
    if (type === "vector") return `(${column})::float4[]`;
    return type === "decimal" || type === "text" || type === "unknown" ? `(${column})::text` : column;
  },
  number(column, type) {
    if (type === "bool") return `(${column})::int4::float8`;
    return type === "time" ? postgresDialect.read(column, type) : `(${column})::float8`;
  },
  areNumbers: () => undefined,
  // Bytes in order, whatever the database's locale is: those of a UUID are in that of its digits, and an index serves it.
  order: (part) => (part.kind === "text" && !isUuid(part) ? `(${part.sql})::text COLLATE "C"` : part.sql),
  bound: (part) => (isUuid(part) ? "?::uuid" : part.kind === "text" ? "?::text" : "?::int8"),
  isKey: (part, key) => ({ sql: `${part.sql} = ?::${typeOf(part)}`, values: [key] }),
  amongKeys(parts, keys) {
    const lists = parts.map((_, i) => keys.map((key) => key[i]));
    if (parts.length === 1) return { sql: `${parts[0].sql} = ANY(?::${typeOf(parts[0])}[])`, values: lists };
    const arrays = parts.map((part) => `?::${typeOf(part)}[]`);
    return {
      sql: `(${parts.map(({ sql }) => sql).join(", ")}) IN (SELECT * FROM unnest(${arrays.join(", ")}))`,
      values: lists,
    };
  },
  sum(columns) {
    // As one text, in which NULL and the empty one differ; bytes would be written out whole.
    const values = columns.map(({ sql, type }) => (type === "bytes" ? `sha256(${sql})` : sql));
    return `sum(hashtextextended(ROW(${values.join(", ")})::text, 0))::text`;
  },
  text: (value) => value,
  toBytes: (value) => Buffer.from(value),
  fromBytes: (bytes) => bytes.toString(),
};

export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

function isUuid({ native }: KeyPart): boolean {
  return native === "uuid";
}

/** What a condition compares a key with: its column's own type, so that an index serves. */
function typeOf({ kind, native }: KeyPart): string {
  // Without a length it would be one character.
  if (native === "character") return "bpchar";
  return native ?? (kind === "text" ? "text" : "int8");
}

/** A value as SQL has it, for what takes no placeholders: its type follows from where it stands. */
export function literal(value: SqlBound): string {
  if (value === null) return "NULL";
  if (typeof value === "object") throw new TypeError("a list has no literal");
  return `'${String(value).replaceAll("'", "''")}'`;
}

/** As the library sends it: a list in PostgreSQL's own notation. */
export function parameter(value: SqlBound): string | readonly Key[] | Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  if (value instanceof Float32Array) return `{${value.join(",")}}`;
  if (typeof value !== "object") return String(value);
  return typeof value[0] === "string" ? value : `{${value.join(",")}}`;
}

/** A column's kind by the type's name, `format_type` without a modifier. */
export function kindOf(native: string): ColumnType {
  if (/^(?:real|double precision|numeric|bigint|integer|smallint|decimal)\[\]$/.test(native)) return "vector";
  return (
    kinds[native] ?? (native.startsWith("vector") || native.startsWith("halfvec") ? "vector" : "unknown")
  );
}

const kinds: Readonly<Record<string, ColumnType>> = {
  smallint: "int",
  integer: "int",
  bigint: "int",
  // No number to a cast.
  oid: "text",
  real: "float",
  "double precision": "float",
  numeric: "decimal",
  boolean: "bool",
  bytea: "bytes",
  date: "time",
  "timestamp without time zone": "time",
  "timestamp with time zone": "time",
  text: "text",
  "character varying": "text",
  character: "text",
  '"char"': "text",
  name: "text",
  citext: "text",
  uuid: "text",
  json: "text",
  jsonb: "text",
  xml: "text",
};
