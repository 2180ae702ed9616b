/** Makes the databases of this example from the CSV file: DuckDB by one statement, SQLite and PostgreSQL from its rows. */
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../packages/source-sql/package.json", import.meta.url));
const { DuckDBInstance } = require("@duckdb/node-api");
const Database = require("libsql");
const { Client } = require("pg");

const say = (text) => process.stdout.write(`${text}\n`);
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const csv = process.argv[2] ?? at("../../../shared/data/winequality-white.csv");
if (!existsSync(csv)) throw new Error(`the wines must be at ${csv}`);
for (const name of ["wine.duckdb", "wine.db"]) rmSync(at(name), { force: true });

const instance = await DuckDBInstance.create(at("wine.duckdb"));
const connection = await instance.connect();
await connection.run(
  `CREATE TABLE wine AS SELECT CAST(row_number() OVER () AS INTEGER) AS id, * FROM read_csv('${csv.replaceAll("'", "''")}', delim = ';', header = true)`,
);
// The same measurements and qualities in two tables, for a join.
await connection.run(`CREATE TABLE chemistry AS SELECT * EXCLUDE (quality) FROM wine;
  CREATE TABLE ratings AS SELECT id, quality FROM wine`);
const table = await connection.runAndReadAll("SELECT * FROM wine ORDER BY id");
const names = table.columnNames();
const rows = table.getRows().map((row) => row.map(Number));
connection.closeSync();
instance.closeSync();

const columns = (double) =>
  names
    .map(
      (name) =>
        `"${name}" ${name === "id" ? "INTEGER PRIMARY KEY" : name === "quality" ? "INTEGER" : double}`,
    )
    .join(", ");

const sqlite = new Database(at("wine.db"));
sqlite.exec(`CREATE TABLE wine (${columns("REAL")}); BEGIN`);
const insert = sqlite.prepare(`INSERT INTO wine VALUES (${names.map(() => "?").join(", ")})`);
for (const row of rows) insert.run(...row);
sqlite.exec(`COMMIT; CREATE TABLE chemistry AS SELECT * FROM wine; ALTER TABLE chemistry DROP COLUMN quality;
  CREATE TABLE ratings AS SELECT id, quality FROM wine`);
sqlite.close();

const url =
  process.env.WINE_URL ?? process.env.MILLRACE_TEST_POSTGRES ?? "postgres://postgres@127.0.0.1:5432/postgres";
const client = new Client({ connectionString: url, connectionTimeoutMillis: 3000 });
const answers = await client.connect().then(
  () => true,
  () => false,
);
if (answers) {
  await client.query(`DROP SCHEMA IF EXISTS millrace_example CASCADE; CREATE SCHEMA millrace_example;
    CREATE TABLE millrace_example.wine (${columns("float8")})`);
  for (let i = 0; i < rows.length; i += 500) {
    const values = rows.slice(i, i + 500).map((row) => `(${row.join(", ")})`);
    await client.query(`INSERT INTO millrace_example.wine VALUES ${values.join(", ")}`);
  }
  await client.end();
}
say(
  `${rows.length} wines: wine.duckdb, wine.db${answers ? ", and the schema millrace_example of PostgreSQL" : ""}`,
);
