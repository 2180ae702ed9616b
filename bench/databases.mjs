/**
 * Processor time of a process for a million rows of ten doubles as Float32 batches, from each database, against DuckDB's
 * own vectors copied into one array; and batches of 256 from DuckDB, in blocks and by key. Servers are those of the tests
 * (`MILLRACE_TEST_POSTGRES`, `MILLRACE_TEST_MYSQL`, else this machine); one that does not answer is left out. Each is
 * measured in a process of its own, as a run has one source: what the engine has seen of one slows the next down.
 *
 *     npm run build && node bench/databases.mjs [rows]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BlockShuffleSampler, heapAllocator, RandomSampler } from "@millrace/core/dataloader";
import plugins, { ConnectionsService } from "@millrace/source-sql";

const require = createRequire(new URL("../packages/source-sql/package.json", import.meta.url));
const { DuckDBInstance } = require("@duckdb/node-api");
const say = (text) => process.stdout.write(`${text}\n`);
const rows = Number(process.argv[2] ?? 1_000_000);
const batchSize = 1024;
const names = Array.from({ length: 10 }, (_, i) => `x${i}`);
const numbers = names.map((_, i) => `(n * ${7919 + 13 * i} % 10007) / 10007.0`);
/** What a process that measures one of them was asked for. */
const asked = process.argv[3] === undefined ? undefined : JSON.parse(process.argv[3]);
const folder = asked?.folder ?? mkdtempSync(join(tmpdir(), "millrace-databases-"));
const baseUrl = pathToFileURL(`${folder}/`);
const connections = await ConnectionsService.create({});
const source = (name) => plugins.find((plugin) => plugin.name === name);

async function open(name, options) {
  const plugin = source(name);
  const checked = plugin.options.parse({ features: names, ...options });
  return plugin.create(checked, { baseUrl, seed: 0, connections });
}

/** Seconds of processor time, in all threads of this process. */
async function timed(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Memory of one batch, which a loader takes again when a batch is released. */
const batch = new Float32Array(new SharedArrayBuffer(4 * names.length * batchSize));
const allocator = {
  allocate: (dtype, shape) => ({ dtype, shape, data: batch.subarray(0, shape[0] * shape[1]) }),
};

/** What a sampler hands over, made before the clock runs. */
const orders = Array.from({ length: Math.ceil(rows / batchSize) }, (_, number) =>
  Array.from({ length: Math.min(batchSize, rows - number * batchSize) }, (_, i) => number * batchSize + i),
);

async function inBatches(dataset) {
  for (const indices of orders) await dataset.getBatch(indices, { epoch: 0 }, allocator);
}

/** The floor: what DuckDB hands over, written into one array: the best of several passes, each over an opening of its own. */
async function vectors() {
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < 6; pass++) {
    const instance = await DuckDBInstance.create(join(folder, "t.duckdb"), {
      access_mode: "READ_ONLY",
      threads: "2",
    });
    const connection = await instance.connect();
    best = Math.min(best, await timed(() => copyAll(connection)));
    connection.closeSync();
    instance.closeSync();
  }
  return best;
}

async function copyAll(connection) {
  const all = new Float32Array(new SharedArrayBuffer(40 * rows));
  const result = await connection.stream(`SELECT ${names.join(", ")} FROM t`);
  for (let at = 0; ; ) {
    const chunk = await result.fetchChunk();
    // A call into DuckDB, and no field.
    const count = chunk === null ? 0 : chunk.rowCount;
    if (count === 0) return;
    for (let i = 0; i < 10; i++) {
      const { items } = chunk.getColumnVector(i);
      for (let row = 0; row < count; row++) all[(at + row) * 10 + i] = items[row];
    }
    at += count;
  }
}

async function fill() {
  const instance = await DuckDBInstance.create(join(folder, "t.duckdb"));
  const connection = await instance.connect();
  const columns = names.map((name, i) => `CAST(${numbers[i]} AS DOUBLE) AS ${name}`);
  await connection.run(
    `CREATE TABLE t AS SELECT CAST(n AS INTEGER) AS id, ${columns.join(", ")} FROM range(1, ${rows + 1}) AS r (n) ORDER BY 1;
     COPY t TO '${join(folder, "t.parquet")}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  const Database = require("libsql");
  const sqlite = new Database(join(folder, "t.db"));
  sqlite.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${names.map((name) => `${name} REAL`).join(", ")});
    WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ${rows}) INSERT INTO t SELECT n, ${numbers.join(", ")} FROM r`);
  sqlite.close();
}

async function postgres() {
  const { Client } = require("pg");
  const url = new URL(process.env.MILLRACE_TEST_POSTGRES ?? "postgres://postgres@127.0.0.1:5432/postgres");
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  const name = `millrace_bench_${process.pid}`;
  await admin.query(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  const owner = new Client({ connectionString: url.href });
  await owner.connect();
  const columns = names.map((each, i) => `(${numbers[i].replace("(n", "(n::int8")})::float8 AS ${each}`);
  await owner.query(
    `CREATE TABLE t AS SELECT n AS id, ${columns.join(", ")} FROM generate_series(1, ${rows}) AS r (n); ALTER TABLE t ADD PRIMARY KEY (id); ANALYZE t`,
  );
  await owner.end();
  return {
    url: url.href,
    async drop() {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

async function mysql() {
  const { createConnection } = require("mysql2/promise");
  const url = new URL(process.env.MILLRACE_TEST_MYSQL ?? "mysql://root@127.0.0.1:3306/");
  const admin = await createConnection({ uri: url.href, multipleStatements: true });
  const name = `millrace_bench_${process.pid}`;
  const columns = names.map((each, i) => `${numbers[i].replace("10007.0", "10007e0")} AS ${each}`);
  await admin.query(`CREATE DATABASE ${name}; USE ${name}; SET max_recursive_iterations = ${rows + 1};
    CREATE TABLE t (id int PRIMARY KEY, ${names.map((each) => `${each} double`).join(", ")});
    INSERT INTO t SELECT n AS id, ${columns.join(", ")} FROM (WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ${rows}) SELECT n FROM r) AS r`);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
    },
  };
}

/** Seconds of the best pass, each in an opening of its own, for blocks are kept. */
async function passes(name, options) {
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < 6; pass++) {
    const dataset = await open(name, options);
    best = Math.min(best, await timed(() => inBatches(dataset)));
    await dataset.close();
  }
  return best;
}

function inAProcess(what) {
  const words = [fileURLToPath(import.meta.url), String(rows), JSON.stringify({ folder, ...what })];
  return Number(execFileSync(process.execPath, words, { encoding: "utf8" }));
}

if (asked !== undefined) {
  say(asked.name === undefined ? await vectors() : await passes(asked.name, asked.options));
  await connections.close?.();
} else await all();

async function all() {
  const servers = await Promise.all([postgres().catch(() => undefined), mysql().catch(() => undefined)]);
  try {
    await fill();
    const [pg, my] = servers;
    const cases = [
      ["duckdb", { from: "t.parquet" }],
      ["duckdb", { path: "t.duckdb", table: "t" }],
      ...(pg ? [["postgres", { url: pg.url, table: "t", access: "blocks" }]] : []),
      ...(my ? [["mysql", { url: my.url, table: "t", access: "blocks" }]] : []),
      ["sqlite", { path: "t.db", table: "t", access: "blocks" }],
    ];
    const base = inAProcess({});
    say(
      `${rows.toLocaleString("en")} rows × 10 doubles, processor time: DuckDB's vectors ${base.toFixed(2)} s`,
    );
    for (const [name, options] of cases) {
      const seconds = inAProcess({ name, options });
      const what = options.from ?? name;
      say(`  ${what.padEnd(10)} ${seconds.toFixed(2)} s  ${(seconds / base).toFixed(1)}×`);
    }
    const length = Math.min(rows, 262_144);
    const rate = async (access, sampler, batches) => {
      const dataset = await open("duckdb", { path: "t.duckdb", table: "t", access });
      const order = [...sampler.indices(0)];
      const begun = performance.now();
      for (let i = 0; i < batches; i++) {
        await dataset.getBatch(order.slice(i * 256, (i + 1) * 256), { epoch: 0 }, heapAllocator);
      }
      await dataset.close();
      return (batches * 256) / (performance.now() - begun);
    };
    const blocks = await rate(
      "blocks",
      new BlockShuffleSampler({ length }, { blockSize: 16_384 }),
      Math.floor(length / 256),
    );
    const keys = await rate("random", new RandomSampler({ length }), 40);
    say(`DuckDB, batches of 256: in blocks ${(blocks / keys).toFixed(1)}× as many rows a second as by key`);
  } finally {
    for (const server of servers) await server?.drop();
    await connections.close?.();
    rmSync(folder, { recursive: true, force: true });
  }
}
