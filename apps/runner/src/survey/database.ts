/** SQLite and DuckDB files: which table, joined with those that its foreign keys name, and what the rows hold. */
import { open as openFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileFault, MillraceError } from "@millrace/core";
import { listTables, queryColumns, type TableInfo } from "@millrace/source-sql";
import { chooseTable, joinOf, queryOf, withoutBlanks } from "./join.js";
import { folderOf, surveyDataset } from "./stored.js";
import type { TableAsked, TableSurvey } from "./table-survey.js";

type Reading = {
  readonly table?: string;
  readonly query?: string;
  readonly key?: string | readonly string[];
};

export async function surveyDatabase(path: string, asked: TableAsked): Promise<TableSurvey> {
  const use = await databaseIn(path);
  const tables = await listTables(path, use);
  const found: string[] = [];
  const { reading, columns, keys } = readingOf(path, tables, asked, found);
  const types = new Map(tables.flatMap((table) => table.columns.map(({ name, type }) => [name, type])));
  const names = columns ?? (await queryColumns(path, use, asked.query ?? ""));
  // DuckDB's own dates come as seconds; SQLite has none, and keeps texts or numbers in such columns.
  const dates = use === "duckdb" ? names.filter((name) => /DATE|TIME/i.test(types.get(name) ?? "")) : [];
  const dataset = await asked.open(
    use,
    { path: basename(path), ...reading, features: [], columns: names },
    folderOf(path),
  );
  try {
    const survey = await surveyDataset(dataset, names, dates);
    const packages = use === "duckdb" ? { packages: { "@duckdb/node-api": "*" } } : {};
    const whole = reading.query === undefined ? queryOf(tableCalled(tables, reading.table)) : reading;
    const without = (column: string) => {
      return { ...whole, query: withoutBlanks(whole.query ?? "", column) };
    };
    return { use, options: { ...reading }, found, keys, ...survey, ...packages, without };
  } finally {
    await dataset.close?.();
  }
}

function tableCalled(tables: readonly TableInfo[], name: string | undefined): TableInfo {
  return tables.find((table) => table.name === name) ?? tables[0];
}

/** By the file's first bytes. @throws MillraceError FILE_FORMAT, FILE_NOT_FOUND */
async function databaseIn(path: string): Promise<"sqlite" | "duckdb"> {
  const file = await openFile(path).catch((error: unknown) => {
    throw fileFault(error, path, "cannot be read");
  });
  const start = Buffer.alloc(16);
  await file.read(start, 0, 16);
  await file.close();
  if (start.toString("latin1", 0, 15) === "SQLite format 3") return "sqlite";
  if (start.toString("latin1", 8, 12) === "DUCK") return "duckdb";
  throw new MillraceError("FILE_FORMAT", "a database must be a file of SQLite or DuckDB, is neither", {
    where: [path],
  });
}

/** What is read: the query that was given, the table, or a join of it. */
function readingOf(
  path: string,
  tables: readonly TableInfo[],
  { table, query }: TableAsked,
  found: string[],
): { reading: Reading; columns?: string[]; keys: string[] } {
  if (query !== undefined && table !== undefined) {
    throw new MillraceError("OPTION_INVALID", "--table and --query exclude each other", {
      hint: "Leave one of them out.",
    });
  }
  const keys = tables.flatMap(({ primaryKey, foreignKeys }) => [
    ...(primaryKey.length === 1 ? primaryKey : []),
    ...foreignKeys.flatMap(({ columns }) => columns),
  ]);
  if (query !== undefined) return { reading: { query }, keys };
  const chosen = chooseTable(path, tables, table);
  if (table === undefined && tables.length > 1) found.push(chosen.reason);
  const join = joinOf(chosen.table, tables);
  if (join === undefined) {
    const columns = chosen.table.columns.map(({ name }) => name);
    const { primaryKey, foreignKeys } = chosen.table;
    const own = [
      ...(primaryKey.length === 1 ? primaryKey : []),
      ...foreignKeys.flatMap((key) => key.columns),
    ];
    return { reading: { table: chosen.table.name }, columns, keys: own };
  }
  found.push(...join.found);
  return {
    reading: { query: join.query, key: join.key },
    columns: [...join.columns],
    keys: [...join.keys],
  };
}
