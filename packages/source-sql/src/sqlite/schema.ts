/** What SQLite says of a table or view: its columns, and what identifies a row. */
import type { Database } from "libsql";
import type { Column, ColumnType, Identity, Relation } from "../driver.js";
import { noTable } from "../statement/columns.js";
import { quote, typeOf } from "./dialect.js";

/** A name that is not there is an error that lists what is. */
export function describeTable(database: Database, file: string, name: string): Relation {
  const tables = rowsOf(
    database,
    "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'",
  );
  const found = tables.find((row) => row[0] === name);
  if (found === undefined) {
    throw noTable(
      name,
      tables.map((row) => String(row[0])),
      file,
    );
  }
  const hasRowid = found[1] !== "view" && Number(found[2]) === 0;
  const info = columnsOf(database, name);
  const key = info.filter(({ inKey }) => inKey > 0).sort((a, b) => a.inKey - b.inKey);
  return {
    name: `table "${name}"`,
    prefix: name,
    from: `${quote(name)} AS source`,
    values: [],
    columns: info.map(({ name, type, nullable }) => ({ name, type, nullable })),
    identities: identitiesOf(info, hasRowid),
    ...(key.length > 1 && { primaryKey: key.map((column) => column.name) }),
  };
}

interface TableColumn extends Column {
  /** Its place in the primary key, from 1; 0 if it is not part of it. */
  readonly inKey: number;
}

export function columnsOf(database: Database, table: string): TableColumn[] {
  const sql = `SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?) WHERE hidden <> 1`;
  return rowsOf(database, sql, table).map((row) => ({
    name: String(row[0]),
    type: typeOf(String(row[1])),
    nullable: Number(row[2]) === 0,
    inKey: Number(row[3]),
  }));
}

/** A primary key of one column, then the row id under a name that no column has taken. */
function identitiesOf(columns: readonly TableColumn[], hasRowid: boolean): Identity[] {
  const key = columns.filter(({ inKey }) => inKey > 0);
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  const rowid = hasRowid ? ["rowid", "_rowid_", "oid"].find((alias) => !taken.has(alias)) : undefined;
  return [
    ...(key.length === 1 ? [identity(key[0].name, key[0].type, `source.${quote(key[0].name)}`)] : []),
    ...(rowid === undefined ? [] : [{ ...identity(rowid, "int", `source.${rowid}`), hidden: true }]),
  ];
}

function identity(name: string, type: ColumnType, sql: string): Identity {
  return { name, type, sql, unique: true, hidden: false };
}

function rowsOf(database: Database, sql: string, ...values: string[]): (string | number | null)[][] {
  return database
    .prepare(sql)
    .raw()
    .all(...values) as (string | number | null)[][];
}
