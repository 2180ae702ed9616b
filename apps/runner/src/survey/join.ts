/** Which table of a database is learned from, and how those that it refers to are joined to it. */
import { basename } from "node:path";
import { didYouMean, MillraceError } from "@millrace/core";
import type { TableInfo } from "@millrace/source-sql";

export interface ChosenTable {
  readonly table: TableInfo;
  readonly reason: string;
}

/**
 * The table that was asked for; else the one with most rows of those that refer to others, for its rows are the events, and
 * what it refers to describes them; else the one with most rows.
 * @throws MillraceError TABLE_INVALID
 */
export function chooseTable(
  path: string,
  tables: readonly TableInfo[],
  asked: string | undefined,
): ChosenTable {
  const names = tables.map(({ name }) => name);
  if (asked !== undefined) {
    const table = tables.find(({ name }) => name === asked);
    if (table !== undefined) return { table, reason: `table "${asked}", as --table says` };
    throw new MillraceError("TABLE_INVALID", `there is no table "${asked}"${didYouMean(asked, names)}`, {
      where: [path],
      hint: `Known: ${names.join(", ") || "none"}.`,
    });
  }
  const filled = tables.filter(({ rows, isView }) => rows > 0 && !isView);
  const candidates = filled.length > 0 ? filled : tables.filter(({ rows }) => rows > 0);
  if (candidates.length === 0) {
    throw new MillraceError("TABLE_INVALID", `${basename(path)} has no table with rows`, { where: [path] });
  }
  const referring = candidates.filter(({ foreignKeys }) => foreignKeys.length > 0);
  const [table] = (referring.length > 0 ? referring : candidates).toSorted((a, b) => b.rows - a.rows);
  const why = referring.length > 0 ? "the largest that refers to others" : "the largest";
  const others = names.filter((name) => name !== table.name).join(", ");
  return { table, reason: `table "${table.name}", ${why} (--table names another: ${others})` };
}

export interface Join {
  readonly query: string;
  readonly key: string | readonly string[];
  /** What the query gives, under these names. */
  readonly columns: readonly string[];
  /** Those of them that only name a row. */
  readonly keys: readonly string[];
  readonly found: readonly string[];
}

/** undefined where the table refers to none. */
export function joinOf(table: TableInfo, tables: readonly TableInfo[]): Join | undefined {
  const joined = table.foreignKeys.flatMap((key) => {
    const other = tables.find(({ name }) => name === key.table);
    const isWhole = key.references.length === key.columns.length && other !== undefined;
    return isWhole && other.name !== table.name ? [{ key, other }] : [];
  });
  if (joined.length === 0) return undefined;
  const taken = new Set(table.columns.map(({ name }) => name));
  const selected = table.columns.map(({ name }) => `${quote(table.name)}.${quote(name)}`);
  const joins: string[] = [];
  const found: string[] = [];
  const keys = [...table.primaryKey, ...table.foreignKeys.flatMap(({ columns }) => columns)];
  joined.forEach(({ key, other }, i) => {
    // Two keys may lead to the same table: each gets a name of its own.
    const alias = joined.some((each, j) => j !== i && each.other === other)
      ? `${other.name}_${key.columns.join("_")}`
      : other.name;
    const on = key.columns.map(
      (column, j) => `${quote(table.name)}.${quote(column)} = ${quote(alias)}.${quote(key.references[j])}`,
    );
    const as = alias === other.name ? "" : ` AS ${quote(alias)}`;
    // LEFT: a row whose key is blank, or leads nowhere, stays.
    joins.push(`LEFT JOIN ${quote(other.name)}${as} ON ${on.join(" AND ")}`);
    for (const { name } of other.columns) {
      if (key.references.includes(name)) continue;
      const free = taken.has(name) ? `${alias}_${name}` : name;
      taken.add(free);
      const isKey = other.foreignKeys.some(({ columns }) => columns.includes(name));
      if (isKey || other.primaryKey.includes(name)) keys.push(free);
      selected.push(`${quote(alias)}.${quote(name)}${free === name ? "" : ` AS ${quote(free)}`}`);
    }
    found.push(`"${key.columns.join(", ")}" refers to table "${other.name}", whose columns are joined`);
  });
  const { primaryKey } = table;
  // Without a key the row's own number stands for it.
  if (primaryKey.length === 0) selected.unshift(`${quote(table.name)}.rowid AS row_id`);
  const query = `SELECT ${selected.join(", ")} FROM ${quote(table.name)} ${joins.join(" ")}`;
  const key = primaryKey.length === 0 ? "row_id" : primaryKey.length === 1 ? primaryKey[0] : primaryKey;
  return { query, key, columns: [...taken], keys, found };
}

/** The table as a query, where only some of its rows are wanted. */
export function queryOf({ name, primaryKey }: TableInfo): Pick<Join, "query" | "key"> {
  if (primaryKey.length > 0) {
    return {
      query: `SELECT * FROM ${quote(name)}`,
      key: primaryKey.length === 1 ? primaryKey[0] : primaryKey,
    };
  }
  return { query: `SELECT rowid AS row_id, * FROM ${quote(name)}`, key: "row_id" };
}

/** `query` without the rows that have no value in `column`. */
export function withoutBlanks(query: string, column: string): string {
  return `SELECT * FROM (${query.replace(/\s*;\s*$/, "")}) AS rows_of WHERE ${quote(column)} IS NOT NULL`;
}

/** Plain names stand as they are, so that the query can be read. */
function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) && !reserved.has(name.toUpperCase())
    ? name
    : `"${name.replaceAll('"', '""')}"`;
}

const reserved = new Set(
  "ALL AND AS ASC BETWEEN BY CASE CHECK COLUMN COMMIT CONSTRAINT CREATE CROSS DEFAULT DELETE DESC DISTINCT DROP ELSE END EXCEPT EXISTS FOREIGN FROM FULL GROUP HAVING IN INDEX INNER INSERT INTERSECT INTO IS JOIN KEY LEFT LIKE LIMIT NATURAL NOT NULL OFFSET ON OR ORDER OUTER PRIMARY REFERENCES RIGHT SELECT SET TABLE THEN TO TRANSACTION TRIGGER UNION UNIQUE UPDATE USING VALUES VIEW WHEN WHERE WITH USER".split(
    " ",
  ),
);
