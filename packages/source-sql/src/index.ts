/** @millrace/source-sql: sources over SQL databases, one file per database. */
import sqlite from "./sqlite.js";

export type { SqlSample } from "./sample.js";

export default [sqlite];
