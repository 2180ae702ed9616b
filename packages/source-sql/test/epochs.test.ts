/** Epochs that read one state of the database, whatever others write meanwhile: in one thread, in workers, by every access. */
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  ConcatDataset,
  DataLoader,
  type Dataset,
  type IterableDataset,
  LoggerService,
  Subset,
} from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionsService } from "../src/connections/service.js";
import postgresSource from "../src/postgres.js";
import { type OwnServer, ownPostgres, postgresPrograms } from "./own-server.js";
import { postgresDatabase } from "./servers.js";

const ROWS = 400;
const fill = `DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, x float8, kind text);
  INSERT INTO t SELECT i, i * 0.5, CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, ${ROWS}) AS n (i)`;
/** Everything is another, and a third of the rows is gone. */
const disturb = `UPDATE t SET x = -x - 1000; DELETE FROM t WHERE id % 3 = 0;
  INSERT INTO t SELECT i, 7, 'even' FROM generate_series(1001, 1100) AS n (i)`;

const database = await postgresDatabase();
afterAll(() => database?.drop());

const warnings: string[] = [];
const logger = {
  debug() {},
  info() {},
  warn: (_fields: object, message: string) => void warnings.push(message),
  error() {},
};
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  warnings.length = 0;
  await database?.exec(fill);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(options: object = {}, url = database?.url ?? ""): Promise<Dataset> {
  const connections = (await ConnectionsService.create?.({})) as never;
  const given = { baseUrl: new URL(import.meta.url), seed: 1, connections, logger };
  const checked = postgresSource.options.parse({
    url,
    table: "t",
    label: "kind",
    snapshot: "epoch",
    ...options,
  });
  const dataset = (await postgresSource.create(checked, given)) as Dataset;
  closing.push(() => dataset.close?.());
  return dataset;
}

function loaderOf(dataset: unknown, options: object = {}): DataLoader {
  const loader = new DataLoader(dataset as Dataset, { batchSize: 16, seed: 3, ...options });
  closing.push(() => loader.close());
  return loader;
}

/** The line of a spec, for its workers. */
async function lineOf(options: object, loader: object) {
  const registry = new Registry();
  registry.provide(LoggerService, logger);
  const url = pathToFileURL(import.meta.filename);
  const spec = {
    plugins: ["../dist/index.js", "./nothing.mjs"].map((path) => new URL(path, import.meta.url).href),
    seed: 5,
    source: {
      use: "postgres",
      with: { url: database?.url, table: "t", label: "kind", snapshot: "epoch", ...options },
    },
    ...("access" in options ? {} : { split: { train: 0.8, validation: 0.2 } }),
    model: { use: "nothing" },
    trainer: { use: "nothing" },
    loader: { batchSize: 16, ...loader },
  };
  const given = { registry, defaults: ["@millrace/core/builtin"], fallbackUrl: import.meta.url };
  const checked = await checkSpec(parseSpecText(JSON.stringify(spec), "spec.json", url), given);
  const line = await openLine(checked.spec, { registry, modules: checked.modules, url, logger });
  closing.push(() => line.close());
  return line;
}

/** Every batch of an epoch, byte for byte; `meanwhile` happens behind the third. */
async function epochOf(
  loader: AsyncIterable<unknown>,
  meanwhile?: () => Promise<unknown>,
): Promise<string[]> {
  const seen: string[] = [];
  for await (const batch of loader) {
    const { data } = batch as { data: Record<string, { data: Float32Array }> };
    const { features, label } = data;
    seen.push(
      [features.data, label.data]
        .map(({ buffer, byteOffset, byteLength }) =>
          Buffer.from(buffer, byteOffset, byteLength).toString("hex"),
        )
        .join(" "),
    );
    if (seen.length === 3) await meanwhile?.();
  }
  return seen;
}

/** Transactions of ours that are open. */
async function transactions(): Promise<number> {
  const found = (await database?.exec(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'millrace' AND datname = current_database() AND xact_start IS NOT NULL",
  )) as { rows: { count: string }[] };
  return Number(found.rows[0].count);
}
const backends =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace' AND datname = current_database()";

describe.skipIf(database === undefined)("an epoch that reads one state of PostgreSQL", () => {
  describe.each([0, 2])("with %i workers", (numWorkers) => {
    it.each([
      ["random access", {}, { shuffle: true }],
      [
        "blocks",
        { access: "blocks", blockSize: 20 },
        { sampler: { use: "block-shuffle", with: { blockSize: 20, bufferBlocks: 1 } } },
      ],
      ["a stream", { access: "stream" }, {}],
    ])(
      "is byte for byte that of a table nobody writes to: %s",
      { timeout: 60_000 },
      async (_, options, loader) => {
        const expected = await epochOf((await lineOf(options, { ...loader, numWorkers })).loaders.train);
        expect(expected.length).toBeGreaterThan(15);
        const line = await lineOf(options, { ...loader, numWorkers });
        expect(await epochOf(line.loaders.train, async () => database?.exec(disturb))).toEqual(expected);
        expect(warnings).toEqual([]);
        await expect.poll(transactions).toBe(0);
      },
    );
  });

  it.each([
    ["by keys", {}],
    [
      "that nothing identifies",
      { table: undefined, query: "SELECT x, kind FROM t WHERE x <> 0", features: ["x"] },
    ],
  ])(
    "is the same for a part of a stream that is read when the others have come to their end: %s",
    async (_, options) => {
      const values = async (stream: IterableDataset, id: number): Promise<number[]> => {
        const pass = stream.iterate({ epoch: 0, shard: { id, count: 2 } });
        const seen: number[] = [];
        for (let next = await pass.next(); !next.done; next = await pass.next())
          seen.push((next.value as { features: Float32Array }).features[0]);
        return seen;
      };
      const stream = (await open({ access: "stream", ...options })) as unknown as IterableDataset;
      const first = await values(stream, 0);
      await database?.exec(disturb);
      const all = [...first, ...(await values(stream, 1))].sort((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: ROWS }, (_, i) => (i + 1) / 2));
      expect(await transactions()).toBe(2);
      const next = stream.iterate({ epoch: 1, shard: { id: 0, count: 1 } });
      await next.next();
      await expect.poll(transactions).toBe(1);
      await next.return?.();
      await expect.poll(transactions).toBe(0);
    },
  );

  it("is of the state of its first read: the next one sees what was written, and rows that are gone", async () => {
    const dataset = await open();
    const loader = loaderOf(dataset);
    const first = await epochOf(loader, async () => database?.exec("UPDATE t SET x = x + 1"));
    const second = await epochOf(loader, async () => database?.exec("DELETE FROM t WHERE id = 400"));
    expect(second).toHaveLength(first.length);
    expect(second).not.toEqual(first);
    await expect(epochOf(loader)).rejects.toThrow(/id=400 was deleted/);
  });

  it("is ended with its pass: by the last batch, by a break, by closing the loader or the dataset", async () => {
    const dataset = await open();
    const loader = loaderOf(dataset);
    await epochOf(loader, async () => expect(await transactions()).toBe(1));
    await expect.poll(transactions).toBe(0);
    for await (const _ of loader) break;
    await expect.poll(transactions).toBe(0);
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    expect(await transactions()).toBe(1);
    await loader.close();
    await expect.poll(transactions).toBe(0);
    const alone = await open();
    await alone.get(0, { epoch: 0 });
    await alone.get(0, { epoch: 1 });
    await expect.poll(transactions).toBe(1);
    await alone.close?.();
    await expect.poll(transactions).toBe(0);
  });

  it("is ended in workers that stay for the next, and with them", { timeout: 60_000 }, async () => {
    const line = await lineOf({}, { numWorkers: 2, persistentWorkers: true, shuffle: true });
    const { train } = line.loaders;
    for (let epoch = 0; epoch < 2; epoch++) {
      await epochOf(train, async () => expect(await transactions()).toBe(2));
      await expect.poll(transactions).toBe(0);
    }
    for await (const _ of train) break;
    await expect.poll(transactions).toBe(0);
    await epochOf(train, async () => train.close()).catch(() => undefined);
    await expect.poll(transactions).toBe(0);
  });

  it("stays while the next one is read already, and both are what they are alone", async () => {
    const dataset = await open();
    const loader = loaderOf(dataset);
    const [first, second] = [loader.batches(0), loader.batches(1)];
    const values = async (each: typeof first) => {
      const next = await each.next();
      if (next.done) throw new Error("the epoch is over");
      const { features } = next.value.data as { features: { data: Float32Array } };
      return Array.from(features.data.slice(0, 2));
    };
    expect(await values(first)).toEqual([0.5, 1]);
    await database?.exec("UPDATE t SET x = x + 1000");
    expect(await values(second)).toEqual([1000.5, 1001]);
    expect(await values(first)).toEqual([8.5, 9]);
    expect(await transactions()).toBe(2);
    await first.return?.();
    await expect.poll(transactions).toBe(1);
    await database?.exec("UPDATE t SET x = 0");
    expect(await values(second)).toEqual([1008.5, 1009]);
    await second.return?.();
    await expect.poll(transactions).toBe(0);
  });

  it("holds for parts and joins of one opening, and for two loaders that are at the same epoch", async () => {
    const dataset = await open();
    const half = new Subset(
      dataset,
      Int32Array.from({ length: 200 }, (_, i) => 2 * i),
    );
    const both = new ConcatDataset([half, dataset]);
    const expected = await epochOf(loaderOf(both));
    const [one, other] = [loaderOf(both)[Symbol.asyncIterator](), loaderOf(half)[Symbol.asyncIterator]()];
    await one.next();
    await other.next();
    expect(await transactions()).toBe(1);
    await other.return?.();
    expect(await transactions()).toBe(1);
    await one.return?.();
    expect(await epochOf(loaderOf(both), async () => database?.exec(disturb))).toEqual(expected);
  });

  it("goes on with the same state where a connection is lost and another thread has it", async () => {
    const shared = await open();
    const connections = (await ConnectionsService.create?.({})) as never;
    const given = {
      baseUrl: new URL(import.meta.url),
      seed: 1,
      connections,
      logger,
      shared: shared.share?.(),
    };
    const options = postgresSource.options.parse({
      url: database?.url,
      table: "t",
      label: "kind",
      snapshot: "epoch",
    });
    const other = (await postgresSource.create(options, given)) as Dataset;
    closing.push(() => other.close?.());
    await shared.get(0, { epoch: 0 });
    const held = (await database?.exec(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'millrace' AND datname = current_database() AND xact_start IS NOT NULL",
    )) as { rows: { pid: number }[] };
    await database?.exec("UPDATE t SET x = x + 1000");
    expect(await other.get(0, { epoch: 0 })).toMatchObject({ features: Float32Array.of(0.5) });
    await database?.exec(`SELECT pg_terminate_backend(${held.rows[0].pid})`);
    await delay(100);
    expect(await shared.get(0, { epoch: 0 })).toMatchObject({ features: Float32Array.of(0.5) });
    expect(await other.get(1, { epoch: 0 })).toMatchObject({ features: Float32Array.of(1) });
    expect(warnings).toEqual([]);
    await database?.exec(backends);
    await delay(100);
    expect(await shared.get(0, { epoch: 0 })).toMatchObject({ features: Float32Array.of(1000.5) });
    expect(await other.get(0, { epoch: 0 })).toMatchObject({ features: Float32Array.of(1000.5) });
    expect(warnings).toEqual([expect.stringMatching(/epoch 0 goes on with a later state .* was lost/)]);
  });

  it("goes on with a later state, and says so, where every connection was lost in workers", {
    timeout: 60_000,
  }, async () => {
    const line = await lineOf({}, { numWorkers: 2 });
    const seen = await epochOf(line.loaders.train, async () => {
      await database?.exec("UPDATE t SET x = x + 1000");
      await database?.exec(backends);
    });
    expect(seen).toHaveLength(20);
    expect(warnings).toEqual([expect.stringMatching(/epoch 0 goes on with a later state/)]);
  });

  it("outlives an error of one of its reads, and the server's limits for transactions that wait", async () => {
    await database?.exec(`ALTER DATABASE ${database.name} SET idle_in_transaction_session_timeout = '200ms'`);
    const query = "SELECT id, x, kind, 1 / (x - 5) AS risky FROM t";
    const dataset = await open({ table: undefined, query, key: "id", features: ["x", "risky"] });
    await dataset.get(0, { epoch: 0 });
    await database?.exec("UPDATE t SET x = x + 1000");
    await delay(500);
    await expect(dataset.getMany?.([8, 9], { epoch: 0 })).rejects.toThrow(/division by zero/);
    const sample = (await dataset.get(1, { epoch: 0 })) as { features: Float32Array };
    expect(sample.features[0]).toBe(1);
    expect(warnings).toEqual([]);
    await database?.exec(`ALTER DATABASE ${database.name} RESET idle_in_transaction_session_timeout`);
  });

  it("takes no connection that others wait for", async () => {
    const dataset = await open({ connections: 1, connectTimeout: 1 });
    await dataset.get(0, { epoch: 0 });
    await expect(dataset.column?.("x")).resolves.toHaveLength(ROWS);
  });

  it("is of another state where a run goes on in its middle", async () => {
    const loader = loaderOf(await open());
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    const state = JSON.parse(JSON.stringify(loader.state())) as unknown;
    await loader.close();
    await database?.exec("UPDATE t SET x = x + 1000");
    const resumed = loaderOf(await open()).resume(state);
    for await (const { data } of resumed) {
      expect((data as { features: { data: Float32Array } }).features.data[0]).toBe(1008.5);
      break;
    }
  });
});

describe.skipIf(postgresPrograms() === undefined)(
  "a server that is started again in the middle of an epoch",
  () => {
    let own: OwnServer | undefined;
    afterAll(() => own?.remove());

    it("gives each row of it once, and one warning", { timeout: 60_000 }, async () => {
      own = await ownPostgres(postgresPrograms() ?? "");
      await own.exec(fill);
      const dataset = await open({ retries: 12 }, own.url);
      const seen = await epochOf(loaderOf(dataset), async () => {
        await own?.kill();
        void delay(300).then(() => own?.start());
      });
      expect(seen).toHaveLength(25);
      expect(new Set(seen).size).toBe(25);
      expect(warnings).toHaveLength(1);
    });
  },
);
