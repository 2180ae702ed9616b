/** Databases of a test file's own on real servers: those of the environment, else those on this machine. */
import mysql from "mysql2/promise";
import pg from "pg";

export interface TestDatabase<C = pg.Client> {
  /** For a source's `url`. */
  readonly url: string;
  readonly name: string;
  /** Runs statements as the owner. */
  exec(sql: string): Promise<unknown>;
  /** One more connection, as somebody else would have it. */
  connect(): Promise<C>;
  drop(): Promise<void>;
}

const nameOf = (): string => `millrace_test_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;

/** A new database of PostgreSQL; undefined where no server answers. */
export async function postgresDatabase(): Promise<TestDatabase | undefined> {
  const base = new URL(process.env.MILLRACE_TEST_POSTGRES ?? "postgres://postgres@127.0.0.1:5432/postgres");
  const connect = async (url: URL) => {
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 3000 });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const admin = await connect(base).catch(() => undefined);
  if (admin === undefined) return undefined;
  const name = nameOf();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  const owner = await connect(url);
  return {
    url: url.href,
    name,
    exec: (sql) => owner.query(sql),
    connect: () => connect(url),
    async drop() {
      await owner.end().catch(() => {});
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

/** A new database of MySQL or MariaDB; undefined where no server answers. */
export async function mysqlDatabase(): Promise<TestDatabase<mysql.Connection> | undefined> {
  const base = new URL(process.env.MILLRACE_TEST_MYSQL ?? "mysql://root@127.0.0.1:3306/");
  const connect = (url: URL) =>
    mysql.createConnection({ uri: url.href, multipleStatements: true, connectTimeout: 3000 });
  const admin = await connect(base).catch(() => undefined);
  if (admin === undefined) return undefined;
  const name = nameOf();
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  const owner = await connect(url);
  return {
    url: url.href,
    name,
    exec: (sql) => owner.query(sql),
    connect: () => connect(url),
    async drop() {
      await owner.end().catch(() => {});
      await admin.query(`DROP DATABASE IF EXISTS ${name}`);
      await admin.end();
    },
  };
}
