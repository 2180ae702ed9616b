/** What is kept on disk of a server's rows is kept by what they hold: a change is known, and nothing else is one. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached, type Dataset } from "@millrace/core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionsService } from "../src/connections/service.js";
import mysqlSource from "../src/mysql.js";
import postgresSource from "../src/postgres.js";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
const folder = await mkdtemp(join(tmpdir(), "millrace-fingerprint-"));
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
  await rm(folder, { recursive: true });
});
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const servers = [
  { name: "PostgreSQL", database: postgres, source: postgresSource, words: ["float4", "bytea", "'\\x01'"] },
  { name: "MySQL", database: mysql, source: mysqlSource, words: ["float", "blob", "x'01'"] },
] as const;

describe.each(servers)("rows of $name", ({ database, source, words: [float, bytes, one] }) => {
  const options = { table: "t", label: "kind", features: ["x", "n"], columns: ["note", "b"] };
  const open = async (more: object = {}): Promise<Dataset> => {
    const connections = (await ConnectionsService.create?.({})) as never;
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const given = { baseUrl: new URL(import.meta.url), seed: 1, connections, logger };
    const checked = source.options.parse({ url: database?.url, ...options, ...more });
    const dataset = (await source.create(checked, given)) as Dataset;
    closing.push(() => dataset.close?.());
    return dataset;
  };
  const fingerprint = async (more?: object) => (await open(more)).fingerprint?.();
  beforeEach(async () => {
    await database?.exec("DROP TABLE IF EXISTS t");
    await database?.exec(
      `CREATE TABLE t (id int PRIMARY KEY, x ${float}, n int, kind varchar(9), note varchar(20), b ${bytes}, other int)`,
    );
    await database?.exec(
      `INSERT INTO t VALUES (1, 0.5, 1, 'a', NULL, ${one}, 0), (2, 1e-9, 2, 'b', 'x', NULL, 0), (3, 7, 3, 'a', '', ${one}, 0)`,
    );
  });

  it.skipIf(database === undefined)(
    "are told apart by all that samples are made of, and by nothing else",
    async () => {
      const first = await fingerprint();
      expect(first).toMatch(/^[0-9a-f]{64}$/);
      await database?.exec("UPDATE t SET other = 5");
      expect(await fingerprint()).toBe(first);
      const seen = new Set([first]);
      for (const change of [
        "UPDATE t SET x = 1.0000001e-9 WHERE id = 2",
        "UPDATE t SET note = '' WHERE id = 1",
        "UPDATE t SET note = 'X' WHERE id = 2",
        "UPDATE t SET note = 'x ' WHERE id = 2",
        "UPDATE t SET b = NULL WHERE id = 3",
        `UPDATE t SET b = ${one.replace("1", "2")} WHERE id = 1`,
        "UPDATE t SET n = 5 - n WHERE id IN (2, 3)",
        "UPDATE t SET kind = 'b' WHERE id = 3",
        "DELETE FROM t WHERE id = 1",
        "INSERT INTO t VALUES (1, 2, 3, 'a', 'x', NULL, 0)",
        "UPDATE t SET id = 9 WHERE id = 3",
      ]) {
        await database?.exec(change);
        const found = await fingerprint();
        expect([change, seen.has(found)]).toEqual([change, false]);
        seen.add(found);
      }
    },
  );

  it.skipIf(database === undefined)(
    "are those of a query too, and of a stream by keys or by none",
    async () => {
      const query = { table: undefined, query: "SELECT id, x, kind FROM t WHERE n < ?", values: [3] };
      const asked = [
        { ...query, key: "id", features: ["x"], columns: [] },
        {
          ...query,
          features: ["x"],
          columns: [],
          access: "stream",
          query: "SELECT x, kind FROM t WHERE n < ?",
        },
        { access: "stream" },
      ];
      const before = await Promise.all(asked.map(fingerprint));
      await database?.exec("UPDATE t SET x = x + 1 WHERE n = 3");
      const outside = await Promise.all(asked.map(fingerprint));
      expect(outside.slice(0, 2)).toEqual(before.slice(0, 2));
      await database?.exec("UPDATE t SET x = x + 1 WHERE n = 1");
      const after = await Promise.all(asked.map(fingerprint));
      for (const i of asked.keys()) expect(after[i]).not.toBe(before[i]);
    },
  );

  it.skipIf(database === undefined)("are read again where a cache on disk has others", async () => {
    const values = async () => {
      const kept = await cached(await open(), { in: "disk", folder: join(folder, source.name) });
      closing.push(() => kept.close?.());
      const samples = await Promise.all([0, 1, 2].map((i) => kept.get(i, { epoch: 0 })));
      return samples.map((sample) => (sample as { features: Float32Array }).features[1]);
    };
    expect(await values()).toEqual([1, 2, 3]);
    await database?.exec("UPDATE t SET n = n + 10");
    expect(await values()).toEqual([11, 12, 13]);
  });
});
