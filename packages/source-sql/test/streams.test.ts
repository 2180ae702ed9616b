/** Rows one after the other, from each of the databases, against the laws of all streams. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { testSource } from "@millrace/core/testing";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import sources from "../src/index.js";
import { ConnectionsService } from "../src/connections/service.js";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const folder = await mkdtemp(join(tmpdir(), "millrace-streams-"));
const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
const [sqlite, duckdb, postgresSource, mysqlSource] = sources;

const rows = Array.from({ length: 137 }, (_, i) => {
  const id = ((i * 41) % 137) * 2;
  return `(${id}, ${id / 8}, '${["cat", "dog", "eel"][id % 3]}', ${id % 7 === 0 ? "NULL" : id}, 'word ${String(id).padStart(3, "0")} é')`;
}).join(", ");
const statements = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE PRECISION, kind VARCHAR(10), gap INTEGER, word VARCHAR(20));
  INSERT INTO t VALUES ${rows}`;

beforeAll(async () => {
  const file = new Database(join(folder, "t.db"));
  file.exec(statements);
  file.close();
  const instance = await DuckDBInstance.create(join(folder, "t.duckdb"));
  const connection = await instance.connect();
  await connection.run(statements);
  connection.closeSync();
  instance.closeSync();
  await postgres?.exec(statements);
  await mysql?.exec(statements);
});
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
  await rm(folder, { recursive: true });
});

const baseUrl = pathToFileURL(`${folder}/`);
const common = { access: "stream", table: "t", label: "kind", features: ["x"], columns: { word: "text" } };
const expectations = {
  baseUrl,
  stream: true,
  facts: { labels: ["cat", "dog", "eel"] },
  length: 137,
} as const;

testSource({ plugin: sqlite, options: { path: "t.db", ...common }, ...expectations });
testSource({ plugin: duckdb, options: { path: "t.duckdb", ...common }, ...expectations });
describe.skipIf(postgres === undefined)("from PostgreSQL", () => {
  testSource({ plugin: postgresSource, options: { url: postgres?.url, ...common }, ...expectations });
});
describe.skipIf(mysql === undefined)("from MySQL or MariaDB", () => {
  testSource({ plugin: mysqlSource, options: { url: mysql?.url, ...common }, ...expectations });
});

describe("by other keys, and by none", () => {
  const byText = {
    access: "stream",
    table: "t",
    key: ["word", "id"],
    features: ["x"],
    columns: { gap: { type: "float32", missing: "drop" } },
  };
  testSource({ plugin: sqlite, options: { path: "t.db", ...byText }, baseUrl, stream: true, length: 117 });
  const query = "SELECT x, kind FROM t WHERE x > ?";
  const none = { access: "stream", query, values: [2], features: ["x"], label: "kind" };
  testSource({ plugin: duckdb, options: { path: "t.duckdb", ...none }, baseUrl, stream: true, length: 128 });
});

describe.skipIf(postgres === undefined || mysql === undefined)("streams of all databases", () => {
  it("give the same samples under the same keys in the same order", async () => {
    const connections = (await ConnectionsService.create?.({})) as never;
    const given = { baseUrl, seed: 1, connections };
    const all: unknown[] = [];
    for (const [plugin, options] of [
      [sqlite, { path: "t.db" }],
      [duckdb, { path: "t.duckdb" }],
      [postgresSource, { url: postgres?.url }],
      [mysqlSource, { url: mysql?.url }],
    ] as const) {
      for (const key of ["id", ["word", "id"]]) {
        const checked = plugin.options.parse({ ...options, ...common, key });
        const stream = await plugin.create(checked, given);
        if (!("iterate" in stream)) throw new Error("no stream");
        const pass = stream.iterate({ epoch: 0, shard: { id: 1, count: 3 } });
        const seen: unknown[] = [];
        for (let next = await pass.next(); !next.done; next = await pass.next()) seen.push(next);
        all.push(seen);
        await stream.close?.();
      }
    }
    expect((all[0] as unknown[]).length).toBeGreaterThan(40);
    for (let i = 2; i < all.length; i++) expect(all[i]).toEqual(all[i % 2]);
  });
});
