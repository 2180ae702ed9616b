/** @millrace/source-sql: sources over SQL databases, one file per database. */
import sqlite from "./sqlite.js";

export type { SqlSample } from "./rows/sample.js";

export default [sqlite];
