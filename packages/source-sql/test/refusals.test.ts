/** What all four databases refuse: statements that are no SELECT, double keys, servers that want another password or TLS. */
import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Dataset, MillraceError, type Plugin } from "@millrace/core";
import Database from "libsql";
import mysqlClient from "mysql2/promise";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ConnectionsService } from "../src/connections/service.js";
import duckdbSource from "../src/duckdb.js";
import mysqlSource from "../src/mysql.js";
import postgresSource from "../src/postgres.js";
import sqliteSource from "../src/sqlite.js";
import {
  certificate,
  hasMariadb,
  type OwnServer,
  ownMariadb,
  ownPostgres,
  postgresPrograms,
} from "./own-server.js";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const folder = mkdtempSync(join(tmpdir(), "millrace-refusals-"));
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const fill = `CREATE TABLE t (id int PRIMARY KEY, x real, k int);
  INSERT INTO t VALUES (1, 0.5, 7), (2, 1.5, 7), (3, 2.5, 8)`;

async function open(source: Plugin<"source">, options: object): Promise<Dataset> {
  const connections = (await ConnectionsService.create?.({})) as never;
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const given = { baseUrl: pathToFileURL(`${folder}/`), seed: 1, connections, logger } as never;
  const dataset = (await source.create(source.options.parse(options), given)) as Dataset;
  opened.push(() => dataset.close?.());
  return dataset;
}

async function refused(source: Plugin<"source">, options: object): Promise<MillraceError> {
  try {
    await open(source, options);
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
});

beforeAll(async () => {
  const sqlite = new Database(join(folder, "t.db"));
  sqlite.exec(fill);
  sqlite.close();
  const instance = await DuckDBInstance.create(join(folder, "t.duckdb"));
  const connection = await instance.connect();
  await connection.run(fill);
  connection.closeSync();
  instance.closeSync();
  await postgres?.exec(fill);
  await mysql?.exec(fill);
  for (const ending of ["db", "duckdb"]) {
    mkdirSync(join(folder, `folder.${ending}`));
    execFileSync("mkfifo", [join(folder, `pipe.${ending}`)]);
  }
});

const drivers = [
  { name: "SQLite", source: sqliteSource, at: { path: "t.db" }, isThere: true },
  { name: "DuckDB", source: duckdbSource, at: { path: "t.duckdb" }, isThere: true },
  { name: "PostgreSQL", source: postgresSource, at: { url: postgres?.url }, isThere: postgres !== undefined },
  { name: "MySQL", source: mysqlSource, at: { url: mysql?.url }, isThere: mysql !== undefined },
] as const;

describe.each(drivers)("a query of $name", ({ source, at, isThere }) => {
  it.skipIf(!isThere).each([
    ["two statements", "SELECT * FROM t; SELECT 1", /one statement/],
    ["a DROP behind it", "SELECT * FROM t; DROP TABLE t", /one statement, was "DROP"/],
    ["a DELETE", "DELETE FROM t", /one SELECT/],
    [
      "a DELETE in a CTE",
      "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
      /writes nothing, was "DELETE"/,
    ],
    [
      "an INSERT in a CTE",
      "WITH more AS (INSERT INTO t VALUES (9, 9, 9) RETURNING *) SELECT * FROM more",
      /writes nothing, was "INSERT"/,
    ],
    ["a COPY", "COPY t TO '/tmp/t.csv'", /one SELECT/],
    ["a parenthesis that closes ours", "SELECT * FROM t) AS s; DROP TABLE t; --", /balanced|one statement/],
  ])("is refused with %s", async (_, query, message) => {
    const error = await refused(source, { ...at, query, key: "id" });
    expect(error.message).toMatch(message);
    expect(error.hint).toBeDefined();
  });

  it.skipIf(!isThere)("is refused where its key is there twice, and the table is as it was", async () => {
    const error = await refused(source, { ...at, query: "SELECT k, x FROM t", key: "k" });
    expect(error.message).toMatch(/unique, but k=7 is there twice/);
    expect((await open(source, { ...at, table: "t" })).length).toBe(3);
  });
});

describe.each(drivers.slice(0, 2))("a file of $name", ({ source, at }) => {
  it.each(["folder", "pipe", "none"])("is refused at once where it is a %s", async (name) => {
    const path = `${name}${(at as { path: string }).path.slice(1)}`;
    const error = await refused(source, { path, table: "t" });
    expect(["FILE_NOT_FOUND", "FILE_FORMAT", "FILE_FAILED"]).toContain(error.code);
    expect(error.message).toContain(path);
  });
});

const secret = "pass/word:%41@ü";

describe.skipIf(postgresPrograms() === undefined)("a PostgreSQL that wants TLS and a password", () => {
  let server: OwnServer;
  let url: URL;
  beforeAll(async () => {
    const { cert, key } = certificate(folder);
    server = await ownPostgres(postgresPrograms() ?? "", {
      prepare(data) {
        copyFileSync(cert, join(data, "server.crt"));
        writeFileSync(join(data, "server.key"), "");
        copyFileSync(key, join(data, "server.key"));
        const rules = [
          "local all all trust",
          "hostnossl all postgres 127.0.0.1/32 trust",
          "hostssl all reader 127.0.0.1/32 scram-sha-256",
        ];
        writeFileSync(join(data, "pg_hba.conf"), `${rules.join("\n")}\n`);
        appendFileSync(
          join(data, "postgresql.conf"),
          "ssl = on\nmax_connections = 6\nsuperuser_reserved_connections = 1\n",
        );
      },
    });
    await server.exec(`${fill}; CREATE ROLE reader LOGIN PASSWORD '${secret}'; GRANT SELECT ON t TO reader`);
    url = new URL(server.url);
    url.username = "reader";
    process.env.MILLRACE_TEST_SECRET = secret;
    process.env.MILLRACE_TEST_WRONG = "wrong-secret";
  }, 60_000);
  afterAll(() => server.remove());

  const asked = (more: object) => ({
    url: url.href,
    password: "${env:MILLRACE_TEST_SECRET}",
    table: "t",
    retries: 0,
    ...more,
  });

  it("is read by its certificate and password", async () => {
    const dataset = await open(postgresSource, asked({ tls: { ca: "server.crt" } }));
    expect(dataset.length).toBe(3);
    await expect(dataset.get(0, { epoch: 0 })).resolves.toBeDefined();
  });

  it("is not read where nobody vouches for its certificate, or its name is another", async () => {
    const error = await refused(postgresSource, asked({ tls: true }));
    expect(error.message).toMatch(/certificate must be one that is trusted.*self.signed certificate/s);
    expect(error.hint).toMatch(/`tls.ca`/);
    const other = { ca: "server.crt", serverName: "db.example" };
    expect((await refused(postgresSource, asked({ tls: other }))).message).toMatch(/db\.example|altnames/);
  });

  it("says that it wants TLS, or another password, and never which was given", async () => {
    expect((await refused(postgresSource, asked({}))).message).toMatch(
      /must accept the user and password.*no encryption/s,
    );
    const error = await refused(
      postgresSource,
      asked({ tls: { ca: "server.crt" }, password: "${env:MILLRACE_TEST_WRONG}" }),
    );
    expect(error.message).toMatch(/must accept the user and password/);
    expect(JSON.stringify([error.message, error.hint, error.where, String(error.cause)])).not.toContain(
      "wrong-secret",
    );
  });

  it("says that it has no connection left", async () => {
    const held = Array.from({ length: 5 }, () => new pg.Client({ connectionString: server.url }));
    for (const client of held) {
      client.on("error", () => {});
      await client.connect();
    }
    try {
      const error = await refused(postgresSource, asked({ tls: { ca: "server.crt" }, connectTimeout: 2 }));
      expect(error.message).toMatch(/must have a connection free, but all are in use/);
    } finally {
      for (const client of held) await client.end();
    }
  });
});

describe.skipIf(!hasMariadb())("a MariaDB that wants TLS and a password", () => {
  let server: OwnServer;
  let url: URL;
  beforeAll(async () => {
    const { cert, key } = certificate(folder);
    server = await ownMariadb({ settings: () => [`--ssl-cert=${cert}`, `--ssl-key=${key}`] });
    await server.exec(`CREATE DATABASE d; USE d; ${fill};
      CREATE USER reader@'127.0.0.1' IDENTIFIED BY '${secret}' REQUIRE SSL WITH MAX_USER_CONNECTIONS 1;
      GRANT SELECT ON d.* TO reader@'127.0.0.1'`);
    url = new URL(server.url);
    url.username = "reader";
    url.pathname = "/d";
    process.env.MILLRACE_TEST_SECRET = secret;
    process.env.MILLRACE_TEST_WRONG = "wrong-secret";
  }, 60_000);
  afterAll(() => server.remove());

  const asked = (more: object) => ({
    url: url.href,
    password: "${env:MILLRACE_TEST_SECRET}",
    table: "t",
    retries: 0,
    ...more,
  });

  it("is read by its certificate and password", async () => {
    const dataset = await open(mysqlSource, asked({ tls: { ca: "server.crt" } }));
    expect(dataset.length).toBe(3);
  });

  it("is not read where nobody vouches for its certificate", async () => {
    expect((await refused(mysqlSource, asked({ tls: true }))).message).toMatch(/self.signed certificate/);
  });

  it("says that it wants TLS, or another password, and never which was given", async () => {
    expect((await refused(mysqlSource, asked({}))).message).toMatch(/must accept the user and password/);
    const error = await refused(
      mysqlSource,
      asked({ tls: { ca: "server.crt" }, password: "${env:MILLRACE_TEST_WRONG}" }),
    );
    expect(error.message).toMatch(/must accept the user and password/);
    expect(JSON.stringify([error.message, error.hint, error.where, String(error.cause)])).not.toContain(
      "wrong-secret",
    );
  });

  it("says that the user has no connection left", async () => {
    const holder = await mysqlClient.createConnection({
      host: url.hostname,
      port: Number(url.port),
      user: "reader",
      password: secret,
      database: "d",
      ssl: { rejectUnauthorized: false },
    });
    try {
      const error = await refused(mysqlSource, asked({ tls: { ca: "server.crt" }, connectTimeout: 2 }));
      expect(error.message).toMatch(/must have a connection free, but all are in use/);
    } finally {
      await holder.end();
    }
  });
});
