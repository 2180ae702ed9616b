/** The ordered list of keys, which turns an index into a row. */
import type { ColumnType, Dialect, Key, KeyPart, SqlRow, SqlValue } from "../driver.js";
import { shown } from "./faults.js";
import type { KeyData } from "./key-store.js";

/** A column of those that identify a row. Plain data. */
export interface KeyColumn {
  readonly name: string;
  readonly sql: string;
  readonly type: ColumnType;
  readonly native?: string;
  /** True where the database itself keeps the values unique. */
  readonly unique: boolean;
  /** True where rows come in its order, and stay as they are. */
  readonly inOrder?: true;
}

export interface Keys {
  readonly length: number;
  readonly parts: readonly KeyPart[];
  /** True for integers beyond 2^53, which only bigint holds. */
  readonly exact: boolean;
  /** The key at an index, one value for each part. */
  at(index: number): readonly Key[];
  /** What tells the key at an index from all others, the same as `idOf` gives for its row. */
  id(index: number): unknown;
  /** The same of a row that begins with its key. */
  idOf(row: SqlRow): unknown;
  /** What a person calls the row: `id=7`. */
  name(index: number): string;
}

export function keysOf(data: readonly KeyData[], columns: readonly KeyColumn[], dialect: Dialect): Keys {
  const parts = columns.map(({ name, sql, native }, i) => ({
    name,
    sql,
    kind: data[i].kind,
    ...(native && { native }),
  }));
  const readers = data.map((each) => readerOf(each, dialect));
  const exact = data.some((each) => each.kind === "int" && each.integers instanceof BigInt64Array);
  const [first] = readers;
  const plain = (value: SqlValue): SqlValue => (typeof value === "bigint" && !exact ? Number(value) : value);
  const joined = (values: readonly SqlValue[]): string => values.map((value) => String(value)).join("\u0000");
  const alone = readers.length === 1;
  return {
    length: lengthOf(data[0]),
    parts,
    exact,
    at: alone ? (index) => [first(index)] : (index) => readers.map((read) => read(index)),
    id: alone ? first : (index) => joined(readers.map((read) => read(index))),
    idOf: alone ? (row) => plain(row[0]) : (row) => joined(row.slice(0, readers.length)),
    name: (index) => readers.map((read, i) => `${parts[i].name}=${shownKey(read(index), dialect)}`).join(" "),
  };
}

function readerOf(data: KeyData, dialect: Dialect): (index: number) => Key {
  if (data.kind === "int") {
    const { integers } = data;
    return (index) => integers[index];
  }
  const bytes = Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length);
  const { ends } = data;
  return (index) => dialect.fromBytes(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]));
}

function lengthOf(data: KeyData): number {
  return data.kind === "int" ? data.integers.length : data.ends.length;
}

function shownKey(key: Key, dialect: Dialect): string {
  return typeof key === "string" ? shown(key, dialect) : String(key);
}
