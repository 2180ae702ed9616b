/** What PostgreSQL says of a table or a query: its columns, and what identifies a row. */
import type { Asked, Column, Identity, Relation, SqlBound } from "../driver.js";
import { noQuery, noTable, requireDistinct } from "../statement/columns.js";
import { kindOf, quote } from "./dialect.js";

/** A column of a result, as pg has it. */
export interface ResultField {
  readonly name: string;
  /** The table and column that it comes from; 0 for an expression. */
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeID: number;
}

/** What is asked of a connection here. */
export interface Catalogue {
  rows(sql: string, values: readonly SqlBound[]): Promise<readonly (readonly unknown[])[]>;
  /** The columns of a statement, of which no row is read. */
  fields(sql: string, values: readonly SqlBound[]): Promise<readonly ResultField[]>;
}

export function describe(catalogue: Catalogue, database: string, asked: Asked): Promise<Relation> {
  return "table" in asked
    ? describeTable(catalogue, database, asked.table)
    : describeQuery(catalogue, database, asked);
}

/** A table that others inherit from has their rows too, which no index of its own keeps apart. */
const tables = `SELECT c.oid::int8, n.nspname::text, c.relname::text, pg_table_is_visible(c.oid)::int4,
    (c.relkind = 'p' OR NOT c.relhassubclass)::int4
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ORDER BY 4 DESC, 2, 3`;

/** A domain is of the type below it, as the columns of a query have it. */
const columns = `SELECT attnum::int4, attname::text, (
    WITH RECURSIVE below (oid, typtype, typbasetype) AS (
      SELECT oid, typtype, typbasetype FROM pg_type WHERE oid = atttypid
      UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM below JOIN pg_type t ON t.oid = below.typbasetype
        WHERE below.typtype = 'd')
    SELECT format_type(oid, NULL) FROM below WHERE typtype <> 'd'), attnotnull::int4
  FROM pg_attribute WHERE attrelid = ?::int8::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

/** Indices that keep whole rows apart: those of a primary key first, in the order of their columns. */
const indices = `SELECT i.indexrelid::int8, i.indisprimary::int4, a.attnum::int4, a.attnotnull::int4
  FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
  JOIN pg_attribute a ON a.attnum = k.attnum
  WHERE i.indrelid = ?::int8::oid AND a.attrelid = i.indrelid AND i.indisunique AND i.indisvalid
    AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
  ORDER BY i.indisprimary DESC, i.indexrelid, k.place`;

interface TableColumn extends Column {
  readonly number: number;
}

async function columnsOf(catalogue: Catalogue, oid: number): Promise<TableColumn[]> {
  const rows = await catalogue.rows(columns, [oid]);
  return rows.map(([number, name, native, notNull]) => ({
    number: Number(number),
    name: String(name),
    type: kindOf(String(native)),
    native: String(native),
    nullable: Number(notNull) === 0,
  }));
}

/** The columns of each unique index, by their numbers; the primary key first. */
async function keysOf(catalogue: Catalogue, oid: number) {
  const keys = new Map<string, { primary: boolean; columns: number[]; certain: boolean }>();
  for (const [index, primary, column, notNull] of await catalogue.rows(indices, [oid])) {
    const key = keys.get(String(index)) ?? { primary: Number(primary) === 1, columns: [], certain: true };
    key.columns.push(Number(column));
    if (Number(notNull) === 0) key.certain = false;
    keys.set(String(index), key);
  }
  return [...keys.values()].filter(({ certain }) => certain);
}

async function describeTable(catalogue: Catalogue, database: string, name: string): Promise<Relation> {
  const all = await catalogue.rows(tables, []);
  const found =
    all.find((row) => row[2] === name && Number(row[3]) === 1) ??
    all.find((row) => `${String(row[1])}.${String(row[2])}` === name);
  if (found === undefined) {
    const names = all.map((row) =>
      Number(row[3]) === 1 ? String(row[2]) : `${String(row[1])}.${String(row[2])}`,
    );
    throw noTable(name, names, database);
  }
  const own = await columnsOf(catalogue, Number(found[0]));
  const keys = await keysOf(catalogue, Number(found[0]));
  const byNumber = (number: number) => own.find((column) => column.number === number) as TableColumn;
  const primary = keys.find((key) => key.primary && key.columns.length > 1);
  return {
    name: `table "${name}"`,
    prefix: name,
    from: `${quote(String(found[1]))}.${quote(String(found[2]))} AS source`,
    values: [],
    columns: own.map(({ name, type, native, nullable }) => ({
      name,
      type,
      ...(native && { native }),
      nullable,
    })),
    identities: keys.flatMap(({ columns }) =>
      columns.length === 1 ? [identityOf(byNumber(columns[0]), Number(found[4]) === 1)] : [],
    ),
    ...(primary && { primaryKey: primary.columns.map((number) => byNumber(number).name) }),
  };
}

async function describeQuery(
  catalogue: Catalogue,
  database: string,
  { query, values }: Extract<Asked, { query: string }>,
): Promise<Relation> {
  // On lines of its own, for a comment may end it.
  const from = `(\n${query}\n) AS source`;
  const fields = await catalogue.fields(`SELECT * FROM ${from}`, values).catch((error: unknown) => {
    // Class 42: syntax, names and types; 0A: what cannot be a subquery.
    if (!/^(?:42|0A|22)/.test(String((error as { code?: unknown }).code))) throw error;
    throw noQuery("PostgreSQL", (error as Error).message, database, error);
  });
  requireDistinct(fields, database);
  const natives = new Map(
    (
      await catalogue.rows(
        "SELECT oid::int8, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(?::int8[]::oid[])",
        [[...new Set(fields.map(({ dataTypeID }) => dataTypeID))]],
      )
    ).map(([oid, name]) => [Number(oid), String(name)]),
  );
  const all = fields.map(({ name, dataTypeID }): Column => {
    const native = natives.get(dataTypeID) ?? "text";
    // An outer join makes NULLs of any column.
    return { name, type: kindOf(native), native, nullable: true };
  });
  const identities: Identity[] = [];
  for (const [i, { tableID, columnID }] of fields.entries()) {
    if (tableID === 0) continue;
    const [key] = await keysOf(catalogue, tableID);
    if (key?.primary && key.columns.length === 1 && key.columns[0] === columnID) {
      identities.push(identityOf(all[i], false));
    }
  }
  return { name: "the query", prefix: "query", from, values, columns: all, identities };
}

function identityOf({ name, type, native }: Column, unique: boolean): Identity {
  return { name, type, ...(native && { native }), sql: `source.${quote(name)}`, unique, hidden: false };
}
