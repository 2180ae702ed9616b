/** Which tables a database in a file has, with their keys, for whoever has to choose one or to join them. */
import { basename } from "node:path";
import type { Driver, SqlRow } from "../driver.js";
import { openDuckdb } from "../duckdb/driver.js";
import { quote } from "../sqlite/dialect.js";
import { openSqlite } from "../sqlite/driver.js";
import { oneSelect } from "../statement/one-select.js";

export interface TableInfo {
  readonly name: string;
  readonly isView: boolean;
  readonly rows: number;
  /** Names and declared types, in their order. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Empty where there is none. */
  readonly primaryKey: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** Columns whose values are keys of another table. */
export interface ForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
  /** The columns of the other table, in the order of `columns`. */
  readonly references: readonly string[];
}

/** The tables and views of `path`, an absolute path. @throws MillraceError FILE_NOT_FOUND, DATABASE_FAILED, PACKAGE_MISSING */
export function listTables(path: string, kind: DatabaseKind): Promise<TableInfo[]> {
  return withDriver(path, kind, (driver) => tablesOf(driver, catalogues[kind]));
}

/** The names of what a SELECT gives. @throws MillraceError as `listTables`, and OPTION_INVALID for what is no SELECT */
export function queryColumns(path: string, kind: DatabaseKind, query: string): Promise<string[]> {
  const { text } = oneSelect(query);
  return withDriver(path, kind, async (driver) => {
    const { columns } = await driver.describe({ query: text, values: [] });
    return columns.map(({ name }) => name);
  });
}

export type DatabaseKind = "sqlite" | "duckdb";

async function withDriver<T>(
  path: string,
  kind: DatabaseKind,
  use: (driver: Driver) => Promise<T>,
): Promise<T> {
  const name = basename(path);
  const driver =
    kind === "sqlite"
      ? await openSqlite(path, { name, immutable: false })
      : await openDuckdb({ name, path, threads: 2, memoryLimit: "1GB", files: new Map() });
  try {
    return await use(driver);
  } finally {
    await driver.close();
  }
}

/** The statements that list tables, columns and keys: rows of the same form from every database. */
interface Catalogue {
  /** Name, and 1 for a view. */
  readonly tables: string;
  /** Table, column, type, place in the primary key or 0. */
  readonly columns: string;
  /** Table, a number that tells its keys apart, column, other table, other column or null for its primary key. */
  readonly foreignKeys: string;
}

const sqliteTables = `SELECT name, type = 'view' FROM pragma_table_list
  WHERE schema = 'main' AND type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY name`;

const catalogues: Readonly<Record<DatabaseKind, Catalogue>> = {
  sqlite: {
    tables: sqliteTables,
    columns: `SELECT t.name, c.name, c.type, c.pk FROM (${sqliteTables}) t, pragma_table_xinfo(t.name) c
      WHERE c.hidden <> 1 ORDER BY t.name, c.cid`,
    foreignKeys: `SELECT t.name, f.id, f."from", f."table", f."to" FROM (${sqliteTables}) t, pragma_foreign_key_list(t.name) f
      ORDER BY t.name, f.id, f.seq`,
  },
  duckdb: {
    tables: `SELECT table_name, 0 FROM duckdb_tables() WHERE NOT internal AND NOT temporary AND schema_name = 'main'
      UNION ALL SELECT view_name, 1 FROM duckdb_views() WHERE NOT internal AND schema_name = 'main' ORDER BY 1`,
    columns: `SELECT c.table_name, c.column_name, c.data_type, coalesce(list_position(k.constraint_column_names, c.column_name), 0)
      FROM duckdb_columns() c LEFT JOIN (SELECT * FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY') k
      ON k.table_oid = c.table_oid WHERE NOT c.internal AND c.schema_name = 'main' ORDER BY c.table_name, c.column_index`,
    foreignKeys: `SELECT table_name, constraint_index, unnest(constraint_column_names), referenced_table, unnest(referenced_column_names)
      FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY' AND schema_name = 'main'`,
  },
};

async function tablesOf(driver: Driver, catalogue: Catalogue): Promise<TableInfo[]> {
  const columns = await driver.rows(catalogue.columns, []);
  const keys = await driver.rows(catalogue.foreignKeys, []);
  const own = (rows: readonly SqlRow[], table: string) => rows.filter(([name]) => name === table);
  const primaryKey = (table: string) =>
    own(columns, table)
      .filter((row) => Number(row[3]) > 0)
      .sort((a, b) => Number(a[3]) - Number(b[3]))
      .map((row) => String(row[1]));
  const tables: TableInfo[] = [];
  for (const [name, isView] of await driver.rows(catalogue.tables, [])) {
    const table = String(name);
    const [[rows]] = await driver.rows(`SELECT count(*) FROM ${quote(table)}`, []);
    tables.push({
      name: table,
      isView: Number(isView) === 1,
      rows: Number(rows),
      columns: own(columns, table).map((row) => ({ name: String(row[1]), type: String(row[2]) })),
      primaryKey: primaryKey(table),
      foreignKeys: foreignKeys(own(keys, table), primaryKey),
    });
  }
  return tables;
}

function foreignKeys(rows: readonly SqlRow[], primaryKey: (table: string) => string[]): ForeignKey[] {
  const byNumber = new Map<string, SqlRow[]>();
  for (const row of rows) byNumber.set(String(row[1]), [...(byNumber.get(String(row[1])) ?? []), row]);
  return [...byNumber.values()].map((parts) => {
    const table = String(parts[0][3]);
    const named = parts.map((row) => row[4]);
    return {
      columns: parts.map((row) => String(row[2])),
      table,
      references: named.some((column) => column === null) ? primaryKey(table) : named.map(String),
    };
  });
}
