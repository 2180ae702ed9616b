/** What SQLite says of one SELECT: its columns, and the primary key that it passes on. */
import type { Database } from "libsql";
import type { Column, Identity, Relation, SqlValue } from "../driver.js";
import { noQuery, requireDistinct } from "../statement/columns.js";
import { quote, typeOf } from "./dialect.js";
import { columnsOf } from "./schema.js";

/** Where a column of a result comes from, as libsql has it; nulls for expressions. */
interface Origin {
  readonly name: string;
  readonly column: string | null;
  readonly table: string | null;
  readonly type: string | null;
}

export function describeQuery(
  database: Database,
  file: string,
  { query, values }: { readonly query: string; readonly values: readonly SqlValue[] },
): Relation {
  // On lines of its own, for a comment may end it.
  const from = `(\n${query}\n) AS source`;
  // SQLite tells names apart without regard to case.
  requireDistinct(originsOf(database, file, query), file, (name) => name.toLowerCase());
  const tables = new Map<string, ReturnType<typeof columnsOf>>();
  const columns: Column[] = [];
  const identities: Identity[] = [];
  for (const { name, table, column, type } of originsOf(database, file, `SELECT * FROM ${from}`)) {
    if (table !== null && !tables.has(table)) tables.set(table, columnsOf(database, table));
    const known = tables.get(table ?? "") ?? [];
    const origin = known.find((each) => each.name === column);
    // An outer join makes NULLs of any column.
    columns.push({ name, type: typeOf(type), nullable: true });
    const isKey = origin?.inKey === 1 && known.every(({ inKey }) => inKey < 2);
    if (isKey)
      identities.push({
        name,
        type: typeOf(type),
        sql: `source.${quote(name)}`,
        unique: false,
        hidden: false,
      });
  }
  return { name: "the query", prefix: "query", from, values, columns, identities };
}

function originsOf(database: Database, file: string, sql: string): Origin[] {
  try {
    return database.prepare(sql).columns();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== "SQLITE_ERROR") throw error;
    throw noQuery("SQLite", message, file, error);
  }
}
