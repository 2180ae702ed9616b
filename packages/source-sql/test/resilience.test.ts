/** Connections that are lost, servers that go away and come back, and others who write and lock meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import { DataLoader, type Dataset } from "@millrace/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ConnectionsService } from "../src/connections/service.js";
import mysqlSource from "../src/mysql.js";
import postgresSource from "../src/postgres.js";
import { hasMariadb, type OwnServer, ownMariadb, ownPostgres, postgresPrograms } from "./own-server.js";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const ROWS = 400;
const fill = (double: string, numbers: string) => `
  CREATE TABLE t (id int PRIMARY KEY, x ${double}, kind varchar(10));
  INSERT INTO t SELECT i, i * 0.5, CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END FROM ${numbers}`;
const fillPostgres = fill("float8", `generate_series(1, ${ROWS}) AS n (i)`);
const fillMysql = fill(
  "double",
  `(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT i FROM n) AS n`,
);

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(source: typeof postgresSource, url: string, options: object = {}): Promise<Dataset> {
  const connections = (await ConnectionsService.create?.({})) as never;
  const given = { baseUrl: new URL(import.meta.url), seed: 1, connections };
  const checked = source.options.parse({ url, table: "t", label: "kind", ...options });
  const dataset = (await source.create(checked, given)) as Dataset;
  opened.push(() => dataset.close?.());
  return dataset;
}

/** The keys of an epoch's rows in the order in which they came; `meanwhile` happens after the third batch. */
async function epochOf(dataset: Dataset, meanwhile: () => Promise<unknown>): Promise<number[]> {
  const loader = new DataLoader(dataset, { batchSize: 16, shuffle: true, numWorkers: 0, seed: 3 } as never);
  opened.push(() => loader.close());
  const seen: number[] = [];
  let step = 0;
  for await (const { data } of loader) {
    const { features } = data as { features: { data: Float32Array } };
    seen.push(...Array.from(features.data, (x) => 2 * x));
    if (++step === 3) await meanwhile();
  }
  return seen;
}

const all = Array.from({ length: ROWS }, (_, i) => i + 1);
const sorted = (keys: readonly number[]) => [...keys].sort((a, b) => a - b);

const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
});

describe.skipIf(postgres === undefined)("a PostgreSQL that others use too", () => {
  const url = postgres?.url ?? "";
  const backends =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace' AND datname = current_database()";
  beforeAll(() => postgres?.exec(fillPostgres));

  it("gives each row once though its backends are terminated in the middle of an epoch", async () => {
    const dataset = await open(postgresSource, url);
    expect(sorted(await epochOf(dataset, async () => postgres?.exec(backends)))).toEqual(all);
  });

  it("gives each row once though they are terminated while a query runs, or says so where it must not try again", async () => {
    const query = "SELECT t.*, (SELECT count(*) FROM pg_sleep(0.002 + 0 * t.x)) AS slept FROM t";
    const dataset = await open(postgresSource, url, {
      table: undefined,
      query,
      key: "id",
      features: ["x", "slept"],
    });
    const reading = dataset.getMany?.(
      all.map((i) => i - 1),
      { epoch: 0 },
    );
    await delay(300);
    await postgres?.exec(backends);
    expect(await reading).toHaveLength(ROWS);
    const once = await open(postgresSource, url, {
      table: undefined,
      query,
      key: "id",
      features: ["x", "slept"],
      retries: 0,
    });
    const lost = Promise.resolve(
      once.getMany?.(
        all.map((i) => i - 1),
        { epoch: 0 },
      ),
    );
    lost.catch(() => {});
    await delay(300);
    await postgres?.exec(backends);
    await expect(lost).rejects.toMatchObject({
      code: "DATABASE_FAILED",
      message: expect.stringMatching(/went away|terminat/) as string,
    });
  });

  it("names a row that was deleted, passes over those that were added, and refuses a class that is new", async () => {
    const dataset = await open(postgresSource, url);
    await postgres?.exec("BEGIN; INSERT INTO t VALUES (1000, 1, 'odd'), (0, 2, 'even'); COMMIT");
    expect(
      sorted(await epochOf(dataset, async () => postgres?.exec("INSERT INTO t VALUES (1001, 1, 'new')"))),
    ).toEqual(all);
    await postgres?.exec(
      "DELETE FROM t WHERE id IN (0, 7, 1000, 1001); UPDATE t SET kind = 'new' WHERE id = 9",
    );
    await expect(dataset.getMany?.([0, 6], { epoch: 0 })).rejects.toThrow(/id=7 was deleted/);
    await expect(dataset.getMany?.([0, 8], { epoch: 0 })).rejects.toThrow(/was "new"/);
    expect(() => dataset.key?.(6)).not.toThrow();
    await postgres?.exec("INSERT INTO t VALUES (7, 3.5, 'odd'); UPDATE t SET kind = 'odd' WHERE id = 9");
  });

  it("says that a table stayed locked, while this thread does other things", async () => {
    const dataset = await open(postgresSource, url, { lockTimeout: 0.4 });
    const other = await postgres?.connect();
    opened.push(() => other?.end());
    await other?.query("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await expect(dataset.get(0, { epoch: 0 })).rejects.toThrow(
      /a table must become free within `lockTimeout`/,
    );
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
    await other?.query("ROLLBACK");
    expect(await dataset.get(0, { epoch: 0 })).toMatchObject({ label: 1 });
  });

  it("says that a query took too long, and that no connection became free", async () => {
    const query = "SELECT t.id, t.x, (SELECT count(*) FROM pg_sleep(0.002 + 0 * t.x)) AS slept FROM t";
    const given = { table: undefined, label: undefined, query, key: "id", features: ["x", "slept"] };
    await expect(open(postgresSource, url, { ...given, statementTimeout: 0.2 })).rejects.toThrow(
      /a query must end within `statementTimeout`/,
    );
    const dataset = await open(postgresSource, url, { ...given, connections: 1, connectTimeout: 0.2 });
    const reading = dataset.getMany?.([...all.keys()], { epoch: 0 });
    await expect(dataset.get(0, { epoch: 0 })).rejects.toThrow(
      /one of the 1 connections of this thread must become free within 0.2 s/,
    );
    expect(await reading).toHaveLength(ROWS);
  });

  it("shares the connections of a thread among its sources, and leaves none behind", async () => {
    const connections = (await ConnectionsService.create?.({})) as never;
    const given = { baseUrl: new URL(import.meta.url), seed: 1, connections };
    const options = postgresSource.options.parse({ url, table: "t", connections: 1 });
    const first = (await postgresSource.create(options, given)) as Dataset;
    const second = (await postgresSource.create(options, given)) as Dataset;
    const count = async () => {
      const found: unknown = await postgres?.exec(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'millrace' AND datname = current_database()",
      );
      return Number((found as { rows: { count: string }[] }).rows[0].count);
    };
    await Promise.all([first.get(0, { epoch: 0 }), second.get(1, { epoch: 0 })]);
    expect(await count()).toBe(1);
    await first.close?.();
    expect(await second.get(2, { epoch: 0 })).toBeDefined();
    await second.close?.();
    await expect.poll(count, { timeout: 10_000 }).toBe(0);
  });
});

describe.skipIf(mysql === undefined)("a MySQL that others use too", () => {
  const url = mysql?.url ?? "";
  beforeAll(() => mysql?.exec(fillMysql));
  const kill = async () => {
    const found: unknown = await mysql?.exec(
      "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
    );
    const [own] = found as [{ id: number }[]];
    for (const { id } of own) await mysql?.exec(`KILL ${id}`);
  };

  it("gives each row once though its connections are killed in the middle of an epoch, and while a query runs", async () => {
    const dataset = await open(mysqlSource, url);
    expect(sorted(await epochOf(dataset, kill))).toEqual(all);
    const query = "SELECT t.*, sleep(0.004) AS slept FROM t";
    const slow = await open(mysqlSource, url, {
      table: undefined,
      query,
      key: "id",
      features: ["x", "slept"],
      retries: 3,
    });
    const reading = slow.getMany?.([0, 1, 2], { epoch: 0 });
    await delay(300);
    await kill();
    expect(await reading).toHaveLength(3);
  });

  it("says that a table stayed locked", async () => {
    const dataset = await open(mysqlSource, url, { lockTimeout: 1 });
    const other = await mysql?.connect();
    opened.push(() => other?.end());
    await other?.query("LOCK TABLES t WRITE");
    await expect(dataset.get(0, { epoch: 0 })).rejects.toThrow(
      /a table must become free within `lockTimeout`/,
    );
    await other?.query("UNLOCK TABLES");
    expect(await dataset.get(0, { epoch: 0 })).toMatchObject({ label: 1 });
  });
});

const programs = postgresPrograms();
const servers = {
  PostgreSQL:
    programs === undefined
      ? undefined
      : { make: () => ownPostgres(programs), source: postgresSource, sql: fillPostgres, path: "" },
  MariaDB: hasMariadb()
    ? { make: ownMariadb, source: mysqlSource, sql: `CREATE DATABASE d; USE d; ${fillMysql}`, path: "d" }
    : undefined,
};

describe.each(Object.entries(servers))("a server of %s that is killed and started again", (_, server) => {
  let own: OwnServer | undefined;
  afterAll(() => own?.remove());

  it.skipIf(server === undefined)(
    "in the middle of an epoch: each row comes once",
    { timeout: 120_000 },
    async () => {
      if (server === undefined) return;
      own = await server.make();
      await own.exec(server.sql);
      const dataset = await open(server.source, `${own.url}${server.path}`, { retries: 12 });
      const seen = await epochOf(dataset, async () => {
        await own?.kill();
        void delay(1000).then(() => own?.start());
      });
      expect(sorted(seen)).toEqual(all);
      await own.kill();
      const few = await open(server.source, `${own.url}${server.path}`, { retries: 1 }).catch(
        (error: unknown) => error,
      );
      expect(few).toMatchObject({
        code: "DATABASE_FAILED",
        message: expect.stringMatching(/could not be reached/) as string,
      });
    },
  );
});
