/** What MySQL says of a table or a query: its columns, and what identifies a row. */
import type { Asked, Column, Identity, Relation, SqlBound } from "../driver.js";
import { noQuery, noTable, requireDistinct } from "../statement/columns.js";
import { kindOf, quote } from "./dialect.js";

/** A column of a prepared statement, as mysql2 has it. */
export interface ResultField {
  readonly name: string;
  /** The table and column that it comes from; empty for an expression. */
  readonly schema: string;
  readonly orgTable: string;
  readonly orgName: string;
  readonly columnType: number;
  readonly characterSet: number;
  readonly columnLength: number;
  readonly flags: number;
}

/** Flags of a field. */
const NOT_NULL = 1;
const PRIMARY_KEY = 2;

export interface Catalogue {
  rows(sql: string, values: readonly SqlBound[]): Promise<readonly (readonly unknown[])[]>;
  /** The columns of a statement that is prepared and not run. */
  fields(sql: string): Promise<readonly ResultField[]>;
  /** Those of one that is run. */
  ran(sql: string, values: readonly SqlBound[]): Promise<readonly ResultField[]>;
}

export function describe(catalogue: Catalogue, database: string, asked: Asked): Promise<Relation> {
  return "table" in asked
    ? describeTable(catalogue, database, asked.table)
    : describeQuery(catalogue, database, asked);
}

const tables = `SELECT table_schema, table_name, table_schema = DATABASE() FROM information_schema.tables
  WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')`;

/** The character sets of texts. */
const charsets = `SELECT column_name, character_set_name FROM information_schema.columns
  WHERE table_schema = ? AND table_name = ? AND character_set_name IS NOT NULL`;

/** Where beginnings of texts are unique, the texts are. */
const indices = `SELECT index_name, column_name, nullable FROM information_schema.statistics
  WHERE table_schema = ? AND table_name = ? AND non_unique = 0
  ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index`;

async function describeTable(catalogue: Catalogue, database: string, name: string): Promise<Relation> {
  const all = (await catalogue.rows(tables, [])).map(([schema, table, own]) => ({
    schema: String(schema),
    table: String(table),
    name: Number(own) === 1 ? String(table) : `${String(schema)}.${String(table)}`,
  }));
  const found = all.find((each) => each.name === name);
  if (found === undefined) {
    throw noTable(
      name,
      all.map((each) => each.name),
      database,
    );
  }
  const from = `${quote(found.schema)}.${quote(found.table)} AS source`;
  const own = new Map(
    (await catalogue.rows(charsets, [found.schema, found.table])).map(([column, charset]) => [
      String(column),
      String(charset),
    ]),
  );
  const columns = (await catalogue.fields(`SELECT * FROM ${from}`)).map((field): Column => {
    const native = own.get(field.name);
    return { ...columnOf(field), ...(native !== undefined && { native }) };
  });
  const keys = await keysOf(catalogue, found.schema, found.table);
  const identities = keys.flatMap(({ names }) => {
    const column = columns.find((each) => each.name === names[0]);
    return names.length === 1 && column !== undefined ? [identityOf(column, true)] : [];
  });
  const primary = keys.find(({ index, names }) => index === "PRIMARY" && names.length > 1);
  return {
    name: `table "${name}"`,
    prefix: name,
    from,
    values: [],
    columns,
    identities,
    ...(primary && { primaryKey: primary.names }),
  };
}

async function describeQuery(
  catalogue: Catalogue,
  database: string,
  { query, values }: Extract<Asked, { query: string }>,
): Promise<Relation> {
  // On lines of its own, for a comment may end it.
  const from = `(\n${query}\n) AS source`;
  const fields = await catalogue.fields(query).catch((error: unknown) => {
    if (!/^(?:42|21|HY000|23)/.test(String((error as { sqlState?: unknown }).sqlState))) throw error;
    throw noQuery("MySQL", (error as Error).message, database, error);
  });
  requireDistinct(fields, database, (name) => name.toLowerCase());
  // An outer join makes NULLs of any column.
  const ran =
    values.length === 0
      ? fields
      : // The type of a placeholder's column follows from its value.
        await catalogue.ran(`SELECT * FROM ${from} LIMIT 0`, values);
  const columns = ran.map((field) => ({ ...columnOf(field), nullable: true }));
  const identities: Identity[] = [];
  for (const [i, { schema, orgTable, orgName, flags }] of fields.entries()) {
    if ((flags & PRIMARY_KEY) === 0 || orgTable === "") continue;
    const [key] = await keysOf(catalogue, schema, orgTable);
    if (key?.index === "PRIMARY" && key.names.length === 1 && key.names[0] === orgName) {
      identities.push(identityOf(columns[i], false));
    }
  }
  return { name: "the query", prefix: "query", from, values, columns, identities };
}

/** The columns of each unique index that holds no NULL; the primary key first. */
async function keysOf(catalogue: Catalogue, schema: string, table: string) {
  const keys = new Map<string, { index: string; names: string[]; certain: boolean }>();
  for (const [index, column, nullable] of await catalogue.rows(indices, [schema, table])) {
    const key = keys.get(String(index)) ?? { index: String(index), names: [], certain: true };
    key.names.push(String(column));
    // An expression has no name.
    if (nullable === "YES" || column === null) key.certain = false;
    keys.set(String(index), key);
  }
  return [...keys.values()].filter(({ certain }) => certain);
}

/** A date of zeros, which a column without NULL may have, is none. */
function columnOf({ name, columnType, characterSet, columnLength, flags }: ResultField): Column {
  const type = kindOf(columnType, characterSet, columnLength);
  return { name, type, nullable: type === "time" || (flags & NOT_NULL) === 0 };
}

function identityOf({ name, type, native }: Column, unique: boolean): Identity {
  return {
    name,
    type,
    ...(native !== undefined && { native }),
    sql: `source.${quote(name)}`,
    unique,
    hidden: false,
  };
}
