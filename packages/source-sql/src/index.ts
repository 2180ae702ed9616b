/** @millrace/source-sql: sources over SQL databases, one file per database. */
import duckdb from "./duckdb.js";
import mysql from "./mysql.js";
import postgres from "./postgres.js";
import sqlite from "./sqlite.js";

export { ConnectionsService } from "./connections/service.js";
export type { SqlSample } from "./rows/sample.js";
export { type ForeignKey, listTables, queryColumns, type TableInfo } from "./survey/tables.js";

export default [sqlite, duckdb, postgres, mysql];
