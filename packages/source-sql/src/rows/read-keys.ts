/** Reading the list of keys: once, at opening. */
import { MillraceError } from "@millrace/core";
import { type Driver, type KeyPart, type Relation, type SqlRow, type SqlValue, Unfit } from "../driver.js";
import { shown } from "./faults.js";
import { IntegerStore, integerArray, type Integers, type KeyData, TextStore } from "./key-store.js";
import type { KeyColumn } from "./keys.js";

/** Keys that are read at once. */
const PAGE = 65_536;

/** Reads every key in ascending order; keys must be unique integers or unique texts, and there must be one. */
export async function readKeys(
  driver: Driver,
  relation: Relation,
  columns: readonly KeyColumn[],
  where: readonly string[] = [],
): Promise<readonly KeyData[]> {
  const { dialect } = driver;
  const filter = where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`;
  const ranged = columns.filter(({ type }) => !dialect.strict || type === "int");
  const ends = ranged.flatMap(({ sql, type }) =>
    ["min", "max"].map((end) => dialect.read(`${end}(${sql})`, type)),
  );
  const [[count, ...found]] = await driver.rows(
    `SELECT ${["count(*)", ...ends].join(", ")} FROM ${relation.from}${filter}`,
    relation.values,
    { exact: true },
  );
  const length = Number(count);
  if (length === 0) throw empty(driver, relation);
  const stores = columns.map((column) => {
    const at = 2 * ranged.indexOf(column);
    const kind = at < 0 ? declaredKind(column) : foundKind(found[at], found[at + 1]);
    if (kind === undefined) throw unusable(driver, relation, columns, rule);
    return kind === "text"
      ? new TextStore(length)
      : new IntegerStore(integerArray(length, found[at] as bigint, found[at + 1] as bigint));
  });
  const reading: Reading = { driver, relation, columns, stores, filter, parts: partsOf(columns, stores) };
  if (!fillDense(reading, found))
    await (columns.length === 1 ? readAlone(reading, where) : readTogether(reading));
  return stores.map((store) => store.data());
}

export const rule = "all integers from −2^63 to 2^63 − 1, or all texts";
export const noKey = "there in every row, but NULL is among them";

interface Reading {
  readonly driver: Driver;
  readonly relation: Relation;
  readonly columns: readonly KeyColumn[];
  readonly parts: readonly KeyPart[];
  readonly stores: readonly Store[];
  readonly filter: string;
}

type Store = IntegerStore | TextStore;

function partsOf(columns: readonly KeyColumn[], stores: readonly Store[]): KeyPart[] {
  return columns.map(({ name, sql, native }, i) => ({
    name,
    sql,
    kind: stores[i].kind,
    ...(native && { native }),
  }));
}

function declaredKind({ type }: KeyColumn): "text" | undefined {
  return type === "text" ? "text" : undefined;
}

function foundKind(low: SqlValue, high: SqlValue): "int" | "text" | undefined {
  if (typeof low === "bigint" && typeof high === "bigint") return "int";
  return typeof low === "string" && typeof high === "string" ? "text" : undefined;
}

/** Where there are as many unique integers as from the first to the last, they are known without being read. */
function fillDense({ driver, columns, stores }: Reading, [low, high]: SqlRow): boolean {
  const [{ unique }] = columns;
  const [store] = stores;
  if (columns.length > 1 || !unique || !driver.dialect.strict || store.kind === "text") return false;
  const { integers } = store;
  const isDense = (high as bigint) - (low as bigint) + 1n === BigInt(integers.length);
  if (!isDense || (high as bigint) >= 2n ** 63n) return false;
  if (integers instanceof BigInt64Array)
    for (let i = 0; i < integers.length; i++) integers[i] = (low as bigint) + BigInt(i);
  else for (let i = 0; i < integers.length; i++) integers[i] = Number(low) + i;
  return true;
}

async function readAlone(reading: Reading, where: readonly string[]): Promise<void> {
  const { driver, relation, columns, stores, parts, filter } = reading;
  const [column] = columns;
  const [store] = stores;
  const { dialect } = driver;
  const sql = `SELECT ${dialect.read(column.sql, column.type)} FROM ${relation.from}${filter} ORDER BY ${dialect.order(parts[0])}`;
  if (store instanceof TextStore) {
    if (!column.unique) await requireUnique(reading);
    await fillTexts(reading, sql, store);
    return;
  }
  const { integers } = store;
  try {
    if (column.unique && dialect.seeks) await fillByPages(reading, integers, where);
    else await driver.fill(sql, relation.values, [integers]);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw unusable(driver, relation, columns, error.value === null ? noKey : rule);
  }
  if (integers instanceof Float64Array && !integers.every(Number.isInteger)) {
    throw unusable(driver, relation, columns, rule);
  }
  if (column.unique) return;
  // In order, the same stand side by side.
  const twice = integers.findIndex((value: number | bigint, i: number) => i > 0 && value === integers[i - 1]);
  if (twice < 0) return;
  throw unusable(driver, relation, columns, `unique, but ${column.name}=${integers[twice]} is there twice`);
}

async function fillTexts(
  { driver, relation, columns }: Reading,
  sql: string,
  store: TextStore,
): Promise<void> {
  for await (const rows of driver.stream(sql, relation.values)) {
    for (const [value] of rows) {
      if (typeof value !== "string") throw unusable(driver, relation, columns, value === null ? noKey : rule);
      store.push(driver.dialect.toBytes(value));
    }
    store.flush();
  }
}

/** Keys of several columns: those that are the same stand side by side. */
async function readTogether({ driver, relation, columns, stores, parts, filter }: Reading): Promise<void> {
  const { dialect } = driver;
  const read = columns.map(({ sql, type }) => dialect.read(sql, type));
  const order = parts.map((part) => dialect.order(part));
  const sql = `SELECT ${read.join(", ")} FROM ${relation.from}${filter} ORDER BY ${order.join(", ")}`;
  const exact = stores.some((store) => store.kind === "int" && store.integers instanceof BigInt64Array);
  let before: SqlRow | undefined;
  let index = 0;
  for await (const rows of driver.stream(sql, relation.values, { exact })) {
    for (const row of rows) {
      if (before?.every((value, i) => value === row[i])) {
        const name = row.map((value, i) => `${columns[i].name}=${shown(value, dialect)}`).join(" ");
        throw unusable(driver, relation, columns, `unique, but ${name} is there twice`);
      }
      for (const [i, store] of stores.entries()) {
        if (!store.take(row[i], index, dialect))
          throw unusable(driver, relation, columns, row[i] === null ? noKey : rule);
      }
      before = row;
      index++;
    }
    for (const store of stores) store.flush();
  }
}

/** A database that has the keys in order gives a page of them faster than one row after the other. */
async function fillByPages(
  { driver, relation, columns, parts }: Reading,
  integers: Integers,
  where: readonly string[],
): Promise<void> {
  const [{ sql, type }] = columns;
  const { dialect } = driver;
  const order = dialect.order(parts[0]);
  const page = (...conditions: string[]): string =>
    `SELECT ${dialect.read(sql, type)} FROM ${relation.from} ${conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : ""} ORDER BY ${order} LIMIT ${PAGE}`;
  const next = page(`${order} > ${dialect.bound(parts[0])}`, ...where);
  for (let filled = 0; filled < integers.length; filled += PAGE) {
    const last = filled === 0 ? [] : [integers[filled - 1]];
    const text = filled === 0 ? page(...where) : next;
    await driver.fill(text, [...relation.values, ...last], [integers.subarray(filled, filled + PAGE)]);
  }
}

/** Texts may be the same to their column's collation though their bytes differ. */
async function requireUnique({ driver, relation, columns, filter }: Reading): Promise<void> {
  const [{ name, sql, type }] = columns;
  const [double] = await driver.rows(
    `SELECT ${driver.dialect.read(sql, type)} FROM ${relation.from}${filter} GROUP BY ${sql} HAVING count(*) > 1 LIMIT 1`,
    relation.values,
  );
  if (double === undefined) return;
  const twice = `${name}=${shown(double[0], driver.dialect)}`;
  throw unusable(driver, relation, columns, `unique, but ${twice} is there twice`);
}

export function empty(driver: Driver, relation: Relation): MillraceError {
  return new MillraceError("TABLE_INVALID", `${relation.name} must have at least one row, has none`, {
    hint: "Fill it, or read another.",
    where: [driver.name],
  });
}

export function unusable(
  driver: Driver,
  relation: Relation,
  columns: readonly KeyColumn[],
  rule: string,
): MillraceError {
  const names = columns.map(({ name }) => name);
  const asked = `the key "${names.join(", ")}" of ${relation.name} must be ${rule}`;
  const rowid = relation.identities.find(({ hidden }) => hidden)?.name;
  return new MillraceError("TABLE_INVALID", asked, {
    hint:
      rowid === undefined || names.includes(rowid)
        ? "Name another column in `key`, or make it one in a `query`, by CAST; leave out rows without a key."
        : `Name another column in \`key\`, or "${rowid}" for the database's own row id.`,
    where: [driver.name],
  });
}
