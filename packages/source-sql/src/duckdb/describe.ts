/** What DuckDB says of a table, of files or a query: columns, and what identifies a row. */
import { messageOf } from "@millrace/core";
import type { Asked, Column, Identity, Relation, SqlValue } from "../driver.js";
import { noQuery, noTable, requireDistinct } from "../statement/columns.js";
import { kindOf, quote } from "./dialect.js";

export interface Catalogue {
  rows(sql: string): Promise<readonly (readonly SqlValue[])[]>;
  /** Names and types of a statement that is not run; those of a placeholder's column follow from its value. */
  fields(
    sql: string,
    values?: readonly SqlValue[],
  ): Promise<readonly { readonly name: string; readonly native: string }[]>;
}

/** Files that are read in a table's place: what stands after FROM, and whether they know the places of rows. */
export interface ReadFiles {
  readonly name: string;
  readonly sql: string;
  readonly numbered: boolean;
}

const tables = `SELECT schema_name, table_name, true FROM duckdb_tables() WHERE NOT internal AND NOT temporary
  UNION ALL SELECT schema_name, view_name, false FROM duckdb_views() WHERE NOT internal`;

export async function describe(catalogue: Catalogue, database: string, asked: Asked): Promise<Relation> {
  if (!("table" in asked)) return describeQuery(catalogue, database, asked);
  const { table: name } = asked;
  const all = (await catalogue.rows(tables)).map(([schema, table, own]) => ({
    schema: String(schema),
    table: String(table),
    own: Number(own) === 1,
    name: schema === "main" ? String(table) : `${String(schema)}.${String(table)}`,
  }));
  const found = all.find((each) => each.name === name);
  if (found === undefined) {
    throw noTable(
      name,
      all.map((each) => each.name),
      database,
    );
  }
  // A view of files is in no schema of the database.
  const schema = found.schema === "main" ? "" : `${quote(found.schema)}.`;
  const from = `${schema}${quote(found.table)} AS source`;
  const keys = (
    await catalogue.rows(`SELECT schema_name, table_name, constraint_type, CAST(to_json(constraint_column_names) AS VARCHAR)
      FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'NOT NULL')`)
  ).filter(([schema, table]) => schema === found.schema && table === found.table);
  const namesOf = (kind: string): string[][] =>
    keys.filter((key) => key[2] === kind).map((key) => JSON.parse(String(key[3])) as string[]);
  const certain = new Set(namesOf("NOT NULL").flat());
  const columns = (await catalogue.fields(`SELECT * FROM ${from}`)).map(({ name, native }) =>
    columnOf(name, native, !certain.has(name)),
  );
  const [primary] = namesOf("PRIMARY KEY");
  const single = primary?.length === 1 ? columns.find((column) => column.name === primary[0]) : undefined;
  return {
    name: `table "${name}"`,
    prefix: name,
    from,
    values: [],
    columns,
    identities:
      single !== undefined
        ? [identityOf(single)]
        : primary === undefined && found.own
          ? [hidden("rowid")]
          : [],
    ...(primary !== undefined && primary.length > 1 && { primaryKey: primary }),
  };
}

/** Rows of Parquet files are identified by where they stand. */
export async function describeFiles(
  catalogue: Catalogue,
  { name, sql, numbered }: ReadFiles,
): Promise<Relation> {
  const from = `${sql} AS source`;
  const columns = (await catalogue.fields(`SELECT * FROM ${from}`)).map(({ name, native }) =>
    columnOf(name, native, true),
  );
  return {
    name: `"${name}"`,
    prefix: name,
    from,
    values: [],
    columns,
    identities: numbered ? [hidden("file_row_number")] : [],
  };
}

async function describeQuery(
  catalogue: Catalogue,
  database: string,
  { query, values }: Extract<Asked, { query: string }>,
): Promise<Relation> {
  // On lines of its own, for a comment may end it.
  const from = `(\n${query}\n) AS source`;
  const fields = await catalogue.fields(query, values).catch((error: unknown) => {
    throw noQuery("DuckDB", messageOf(error).split("\n\nLINE ")[0].replaceAll("\n", " "), database, error);
  });
  requireDistinct(fields, database, (name) => name.toLowerCase());
  return {
    name: "the query",
    prefix: "query",
    from,
    values,
    columns: fields.map(({ name, native }) => columnOf(name, native, true)),
    identities: [],
  };
}

function columnOf(name: string, native: string, nullable: boolean): Column {
  return { name, type: kindOf(native), native, nullable };
}

function identityOf({ name, type, native }: Column): Identity {
  return {
    name,
    type,
    ...(native !== undefined && { native }),
    sql: `source.${quote(name)}`,
    unique: true,
    hidden: false,
  };
}

/** The place of a row: rows keep their order through a filter (https://duckdb.org/docs/stable/sql/dialect/order_preservation). */
function hidden(name: string): Identity {
  return { name, type: "int", sql: `source.${name}`, unique: true, hidden: true, inOrder: true };
}
