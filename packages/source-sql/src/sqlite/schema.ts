/** What SQLite says of a table: its columns, its key, and which columns are numbers by declaration. */
import { didYouMean, MillraceError } from "@millrace/core";
import { type Connection, quote } from "./connection.js";

export interface Column {
  readonly name: string;
  /** The declared type, upper case; empty where none was declared, as for a view's expressions. */
  readonly type: string;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The columns of the primary key, in its order. */
  readonly primaryKey: readonly string[];
  /** The name that reads the row id; absent for views and WITHOUT ROWID tables. */
  readonly rowid?: string;
}

export interface KeyColumn {
  readonly name: string;
  /** True where SQLite itself keeps the values unique. */
  readonly unique: boolean;
  /** True where every value is an integer because the column is the row id. */
  readonly rowid: boolean;
}

/** Reads the shape of a table or view; a name that is not there is an error that lists what is. */
export function readTable(connection: Connection, name: string): Table {
  const tables = connection
    .query(
      "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'",
    )
    .all();
  const found = tables.find((row) => row[0] === name);
  if (found === undefined) {
    const names = tables.map((row) => String(row[0])).sort();
    throw new MillraceError(
      "OPTION_INVALID",
      `the database must have the table, was "${name}"${didYouMean(name, names)}`,
      {
        hint: `Set \`table\` to one of: ${names.join(", ") || "(the database is empty)"}.`,
        where: [connection.name],
      },
    );
  }
  const rows = connection
    .query("SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1")
    .all(name);
  const columns = rows.map((row) => ({ name: String(row[0]), type: String(row[1]).toUpperCase() }));
  const primaryKey = rows
    .filter((row) => Number(row[2]) > 0)
    .sort((a, b) => Number(a[2]) - Number(b[2]))
    .map((row) => String(row[0]));
  const hasRowid = found[1] !== "view" && Number(found[2]) === 0;
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  const rowid = hasRowid ? ["rowid", "_rowid_", "oid"].find((alias) => !taken.has(alias)) : undefined;
  return { name, columns, primaryKey, rowid };
}

/** The column that identifies a row: the one asked for, else a primary key of one column, else the row id. */
export function chooseKey(connection: Connection, table: Table, asked: string | undefined): KeyColumn {
  const single = table.primaryKey.length === 1 ? table.primaryKey[0] : undefined;
  const name = asked ?? single ?? table.rowid;
  if (name === undefined) {
    throw new MillraceError(
      "OPTION_INVALID",
      `table "${table.name}" must have a key, has no row id and no primary key of one column`,
      {
        hint: "Name a column of unique integers or texts in `key`; add one to the view if it has none.",
        where: [connection.name],
      },
    );
  }
  if (name === table.rowid) return { name, unique: true, rowid: true };
  requireColumn(connection, table, name, "key");
  if (name !== single) return { name, unique: false, rowid: false };
  const isRowid =
    table.rowid !== undefined && typeOf(table, name) === "INTEGER" && !hasKeyIndex(connection, table);
  return { name, unique: true, rowid: isRowid };
}

/** Requires that `name` is a column of the table; `option` is the option that named it. */
export function requireColumn(connection: Connection, table: Table, name: string, option: string): void {
  const names = table.columns.map((column) => column.name);
  if (names.includes(name)) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `table "${table.name}" must have the column that \`${option}\` names, was "${name}"${didYouMean(name, names)}`,
    { hint: `Choose among: ${names.join(", ")}.`, where: [connection.name] },
  );
}

/** Whether a declared type says numbers: SQLite's INTEGER, REAL and NUMERIC affinities, without dates and times. */
export function isNumericType(type: string): boolean {
  if (type === "" || /DATE|TIME/.test(type)) return false;
  if (type.includes("INT")) return true;
  return !/CHAR|CLOB|TEXT|BLOB|JSON|STRING|UUID|ANY/.test(type);
}

/** A column as SQL reads it from the alias `source`. */
export function columnOf(table: Table, name: string): string {
  return name === table.rowid ? `source.${name}` : `source.${quote(name)}`;
}

function typeOf(table: Table, name: string): string {
  return table.columns.find((column) => column.name === name)?.type ?? "";
}

// An INTEGER PRIMARY KEY that is the row id needs no index; one declared DESC is not the row id and has one.
function hasKeyIndex(connection: Connection, table: Table): boolean {
  return (
    connection.query("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'").first(table.name) !== undefined
  );
}
