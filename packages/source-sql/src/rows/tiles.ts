/** Where a table can be cut: keys at equal distances, by which a stream is shared out and read page by page. */
import {
  type ColumnType,
  type Dialect,
  type Driver,
  type Key,
  type KeyPart,
  type Relation,
  type SqlRow,
} from "../driver.js";
import { shown } from "./faults.js";
import type { KeyColumn } from "./keys.js";
import { empty, noKey, rule, unusable } from "./read-keys.js";

/** Rows of a tile, where there are many: what is read at once, and again where a connection is lost. */
const ROWS = 4096;
/** So that shards are of about the same size, and a list of tiles stays small. */
const FEWEST = 64;
const MOST = 4096;

/** Tiles in the order of the keys. Plain data. */
export interface Tiles {
  readonly parts: readonly KeyPart[];
  readonly length: number;
  /** Rows of each tile; the last may have fewer. */
  readonly step: number;
  /** The first key of each tile. */
  readonly starts: readonly (readonly Key[])[];
  readonly last: readonly Key[];
}

/** One scan; no key is kept but those of the cuts. @throws MillraceError TABLE_INVALID for keys that are not unique. */
export async function readTiles(
  driver: Driver,
  relation: Relation,
  key: readonly KeyColumn[],
  where: readonly string[],
): Promise<Tiles> {
  const { dialect } = driver;
  const columns = key.map(({ sql }) => sql);
  const read = key.map(({ sql, type }) => dialect.read(sql, type));
  const ask = (sql: string): Promise<readonly SqlRow[]> =>
    Promise.resolve(driver.rows(sql, relation.values, { exact: true }));
  const filter = (...more: string[]): string => {
    const all = [...where, ...more];
    return all.length === 0 ? "" : ` WHERE ${all.join(" AND ")}`;
  };
  const [[count]] = await ask(`SELECT count(*) FROM ${relation.from}${filter()}`);
  const length = Number(count);
  if (length === 0) throw empty(driver, relation);
  const [sample] = await ask(
    `SELECT ${read.join(", ")} FROM ${relation.from}${filter(...columns.map((column) => `${column} IS NOT NULL`))} LIMIT 1`,
  );
  const parts = key.map((column, i): KeyPart => {
    const kind = kindOf(column.type, sample?.[i], dialect);
    if (kind === undefined) throw unusable(driver, relation, key, rule);
    const { name, sql, native } = column;
    return { name, sql, kind, ...(native && { native }) };
  });
  if (!key.every(({ unique }) => unique)) {
    const isNull = columns.map((column) => `${column} IS NULL`).join(" OR ");
    const [[missing]] = await ask(`SELECT count(*) FROM ${relation.from}${filter(`(${isNull})`)}`);
    if (Number(missing) > 0) throw unusable(driver, relation, key, noKey);
    const [twice] = await ask(
      `SELECT ${read.join(", ")} FROM ${relation.from}${filter()} GROUP BY ${columns.join(", ")} HAVING count(*) > 1 LIMIT 1`,
    );
    if (twice !== undefined) {
      const name = twice.map((value, i) => `${key[i].name}=${shown(value, dialect)}`).join(" ");
      throw unusable(driver, relation, key, `unique, but ${name} is there twice`);
    }
  }
  const tiles = Math.min(MOST, Math.max(FEWEST, Math.ceil(length / ROWS)));
  const step = Math.max(1, Math.ceil(length / tiles));
  const names = read.map((_, i) => `key_${i}`);
  const selected = read.map((sql, i) => `${sql} AS ${names[i]}`);
  const order = parts.map((part) => dialect.order(part)).join(", ");
  const cuts = await ask(
    `SELECT ${names.join(", ")}, place FROM (SELECT ${selected.join(", ")}, row_number() OVER (ORDER BY ${order}) AS place
      FROM ${relation.from}${filter()}) AS numbered WHERE (place - 1) % ${step} = 0 OR place = ${length} ORDER BY place`,
  );
  const keyOf = (row: SqlRow): Key[] => row.slice(0, parts.length) as Key[];
  const starts = cuts.filter((row) => (Number(row[parts.length]) - 1) % step === 0).map(keyOf);
  return { parts, length, step, starts, last: keyOf(cuts[cuts.length - 1]) };
}

function kindOf(type: ColumnType, value: unknown, { strict }: Dialect): KeyPart["kind"] | undefined {
  if (strict) return type === "int" || type === "text" ? type : undefined;
  if (typeof value === "string") return "text";
  return typeof value === "bigint" ? "int" : undefined;
}
