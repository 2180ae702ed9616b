/** The ordered list of keys, which turns an index into a row: read once, kept in shared memory once per process. */
import { MillraceError } from "@millrace/core";
import { type Dialect, type Driver, type KeyKind, type Relation, Unfit } from "../driver.js";
import { shown } from "./faults.js";

/** Keys that are read at once. */
const PAGE = 65_536;

/** The column that identifies a row. Plain data. */
export interface KeyColumn {
  readonly name: string;
  readonly sql: string;
  /** True where the database itself keeps the values unique. */
  readonly unique: boolean;
}

/** Keys in ascending order, all of it in shared memory: integers, or the bytes of texts and where each ends. */
export type KeyData =
  | { readonly kind: "int"; readonly integers: Int32Array | Float64Array | BigInt64Array }
  | { readonly kind: "text"; readonly bytes: Uint8Array; readonly ends: Float64Array };

/** A key as a driver returns it. */
export type Key = number | bigint | string;

export interface Keys {
  readonly kind: KeyKind;
  readonly length: number;
  /** True for integers beyond 2^53, which only bigint holds. */
  readonly exact: boolean;
  at(index: number): Key;
  /** What a person calls the row: `id=7`. */
  name(index: number): string;
}

export function keysOf(data: KeyData, column: string, dialect: Dialect): Keys {
  if (data.kind === "int") {
    const { integers } = data;
    return {
      kind: "int",
      length: integers.length,
      exact: integers instanceof BigInt64Array,
      at: (index) => integers[index],
      name: (index) => `${column}=${integers[index]}`,
    };
  }
  const bytes = Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length);
  const { ends } = data;
  const at = (index: number): string =>
    dialect.fromBytes(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]));
  return {
    kind: "text",
    length: ends.length,
    exact: false,
    at,
    name: (index) => `${column}=${shown(at(index), dialect)}`,
  };
}

/** Reads every key in ascending order; keys must be unique integers or unique texts, and there must be one. */
export async function readKeys(driver: Driver, relation: Relation, key: KeyColumn): Promise<KeyData> {
  const { dialect } = driver;
  const ends = ["min", "max"].map((end) => dialect.read(`${end}(${key.sql})`));
  const [[count, low, high]] = await driver.rows(
    `SELECT count(*), ${ends.join(", ")} FROM ${relation.from}`,
    relation.values,
    { exact: true },
  );
  const length = Number(count);
  if (length === 0) {
    throw new MillraceError("TABLE_INVALID", `${relation.name} must have at least one row, has none`, {
      hint: "Fill it, or read another.",
      where: [driver.name],
    });
  }
  const sql = `SELECT ${dialect.read(key.sql)} FROM ${relation.from} ORDER BY ${key.sql}`;
  if (typeof low === "bigint" && typeof high === "bigint") {
    const integers = integerArray(length, low, high);
    return { kind: "int", integers: await readIntegers(driver, relation, key, { sql, integers }) };
  }
  if (typeof low !== "string" || typeof high !== "string") {
    throw unusable(driver, relation, key, "all integers or all texts");
  }
  if (!key.unique) await requireUnique(driver, relation, key);
  return readTexts(driver, relation, key, { sql, length });
}

async function readIntegers(
  driver: Driver,
  relation: Relation,
  key: KeyColumn,
  { sql, integers }: { readonly sql: string; readonly integers: Int32Array | Float64Array | BigInt64Array },
): Promise<typeof integers> {
  try {
    if (key.unique) await fillByPages(driver, relation, key, integers);
    else await driver.fill(sql, relation.values, [integers]);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw unusable(driver, relation, key, "all integers or all texts");
  }
  if (integers instanceof Float64Array && !integers.every(Number.isInteger)) {
    throw unusable(driver, relation, key, "all integers or all texts");
  }
  if (key.unique) return integers;
  // In order, the same stand side by side.
  const twice = integers.findIndex((value: number | bigint, i: number) => i > 0 && value === integers[i - 1]);
  if (twice < 0) return integers;
  throw unusable(driver, relation, key, `unique, but ${key.name}=${integers[twice]} is there twice`);
}

/** A database that has the keys in order gives a page of them faster than one row after the other. */
async function fillByPages(
  driver: Driver,
  relation: Relation,
  key: KeyColumn,
  integers: Int32Array | Float64Array | BigInt64Array,
): Promise<void> {
  const page = (where: string): string =>
    `SELECT ${driver.dialect.read(key.sql)} FROM ${relation.from} ${where} ORDER BY ${key.sql} LIMIT ${PAGE}`;
  const next = page(`WHERE ${key.sql} > ?`);
  for (let filled = 0; filled < integers.length; filled += PAGE) {
    const last = filled === 0 ? [] : [integers[filled - 1]];
    const sql = filled === 0 ? page("") : next;
    await driver.fill(sql, [...relation.values, ...last], [integers.subarray(filled, filled + PAGE)]);
  }
}

async function readTexts(
  driver: Driver,
  relation: Relation,
  key: KeyColumn,
  { sql, length }: { readonly sql: string; readonly length: number },
): Promise<KeyData> {
  const ends = new Float64Array(new SharedArrayBuffer(8 * length));
  const pieces: Uint8Array[] = [];
  let filled = 0;
  let total = 0;
  for await (const rows of driver.stream(sql, relation.values)) {
    const parts: Uint8Array[] = [];
    for (const [value] of rows) {
      if (typeof value !== "string") throw unusable(driver, relation, key, "all integers or all texts");
      const bytes = driver.dialect.toBytes(value);
      parts.push(bytes);
      total += bytes.length;
      ends[filled++] = total;
    }
    pieces.push(Buffer.concat(parts));
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(total));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { kind: "text", bytes, ends };
}

function integerArray(length: number, low: bigint, high: bigint): Int32Array | Float64Array | BigInt64Array {
  if (low >= -(2n ** 31n) && high < 2n ** 31n) return new Int32Array(new SharedArrayBuffer(4 * length));
  const buffer = new SharedArrayBuffer(8 * length);
  return low > -(2n ** 53n) && high < 2n ** 53n ? new Float64Array(buffer) : new BigInt64Array(buffer);
}

/** Texts may be the same to their column's collation though their bytes differ. */
async function requireUnique(driver: Driver, relation: Relation, key: KeyColumn): Promise<void> {
  const [double] = await driver.rows(
    `SELECT ${driver.dialect.read(key.sql)} FROM ${relation.from} GROUP BY ${key.sql} HAVING count(*) > 1 LIMIT 1`,
    relation.values,
  );
  if (double === undefined) return;
  const name = `${key.name}=${shown(double[0], driver.dialect)}`;
  throw unusable(driver, relation, key, `unique, but ${name} is there twice`);
}

function unusable(driver: Driver, relation: Relation, key: KeyColumn, rule: string): MillraceError {
  const asked = `the key "${key.name}" of ${relation.name} must be ${rule}`;
  const rowid = relation.identities.find(({ hidden }) => hidden)?.name;
  return new MillraceError("TABLE_INVALID", asked, {
    hint:
      rowid === undefined || rowid === key.name
        ? "Name another column in `key`, and leave out rows without a key."
        : `Name another column in \`key\`, or "${rowid}" for the database's own row id.`,
    where: [driver.name],
  });
}
