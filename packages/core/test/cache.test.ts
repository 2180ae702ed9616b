/** Caches under a loader: the batches of no cache, bit for bit, and every sample made once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached, DataLoader, type DataLoaderOptions, type Dataset, type Logger } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { defineSource, labelUnknown } from "@millrace/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { aliveThreads } from "./alive.js";
import { asList, deferred, type Picture, pictures } from "./fixtures/cached.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-cache-"));
});
afterAll(() => rm(folder, { recursive: true }));

let keys = 0;
const counts = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));
const said: string[] = [];
const log = (_fields: object, message: string): void => void said.push(message);
const logger: Logger = { debug: log, info: log, warn: log, error: log };

type Where = "memory" | "disk";
async function cacheIn(
  where: Where,
  dataset: Dataset<Picture>,
  maxBytes?: number,
): Promise<Dataset<Picture>> {
  const given = maxBytes === undefined ? {} : { maxBytes };
  return where === "memory"
    ? cached(dataset, { in: "memory", logger, ...given })
    : cached(dataset, { in: "disk", folder, key: `key ${keys++}`, logger, ...given });
}

/** Every batch of the epochs as text, its memory given back at once. */
async function read(
  dataset: Dataset<Picture>,
  options: DataLoaderOptions<never, never>,
  epochs = [0, 1, 2],
): Promise<string[]> {
  await using loader = new DataLoader<Picture>(dataset, options as object);
  const seen: string[] = [];
  for (const epoch of epochs) {
    for await (const { data, indices, release } of loader.batches(epoch)) {
      seen.push(textOf({ epoch, indices, data }));
      release();
    }
  }
  return seen;
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    ArrayBuffer.isView(part)
      ? `${part.constructor.name} ${Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("hex")}`
      : part,
  );

describe.each(["memory", "disk"] as const)("a cache in %s", (where) => {
  it.each([0, 1, 2])(
    "gives the batches of no cache, bit for bit, and makes each sample once: %i workers",
    async (numWorkers) => {
      const made = counts(50);
      const options = {
        batchSize: 8,
        shuffle: true,
        seed: 3,
        numWorkers,
        ...(numWorkers > 0 && { persistentWorkers: true }),
      };
      const plain = await read(pictures(50, counts(50)), {
        ...options,
        numWorkers: 0,
        persistentWorkers: false,
      });
      const dataset = await cacheIn(where, pictures(50, made));
      expect(await read(dataset, options)).toEqual(plain);
      expect([...made]).toEqual(new Array(50).fill(1));
      await dataset.close?.();
    },
  );

  it("outlives workers that end with each epoch, and serves several loaders", async () => {
    const made = counts(20);
    const dataset = await cacheIn(where, pictures(20, made));
    const plain = await read(pictures(20, counts(20)), { batchSize: 4 });
    expect(await read(dataset, { batchSize: 4, numWorkers: 1 })).toEqual(plain);
    expect(await read(dataset, { batchSize: 4, numWorkers: 2 })).toEqual(plain);
    expect(await read(dataset, { batchSize: 4 })).toEqual(plain);
    expect([...made]).toEqual(new Array(20).fill(1));
    await dataset.close?.();
  });

  it("keeps samples of all sizes, deferred ones materialized, read by getMany", async () => {
    const made = counts(20);
    const dataset = await cacheIn(where, deferred(20, made));
    const options = { batchSize: 6, collate: asList, shuffle: true } as object;
    const plain = await read(deferred(20, counts(20)), options);
    expect(await read(dataset, options)).toEqual(plain);
    expect(await read(dataset, { ...options, numWorkers: 2 })).toEqual(plain);
    expect([...made]).toEqual(new Array(20).fill(1));
    await dataset.close?.();
  });

  it("is not changed by a consumer who writes to its samples or batches", async () => {
    const dataset = await cacheIn(where, pictures(4, counts(4)));
    const spoil = async (): Promise<string> => {
      const sample = await dataset.get(2, { epoch: 0 });
      const text = textOf(sample);
      sample.image.data.fill(255);
      (sample.image.shape as number[])[0] = 7;
      return text;
    };
    const first = await spoil();
    expect(await spoil()).toBe(first);
    await using loader = new DataLoader(dataset, { batchSize: 4 });
    for (let epoch = 0; epoch < 3; epoch++) {
      for await (const { data } of loader.batches(epoch)) data.image.data.fill(9);
    }
    expect(await spoil()).toBe(first);
    await dataset.close?.();
  });

  it("goes on without where it is full, and says so once, with the numbers", async () => {
    said.length = 0;
    const made = counts(40);
    const dataset = await cacheIn(where, pictures(40, made), 12_000);
    const plain = await read(pictures(40, counts(40)), { batchSize: 8, shuffle: true });
    expect(await read(dataset, { batchSize: 8, shuffle: true })).toEqual(plain);
    expect(await read(dataset, { batchSize: 8, shuffle: true, numWorkers: 2 })).toEqual(plain);
    const once = [...made].filter((count) => count === 1).length;
    expect(once).toBeGreaterThan(5);
    expect([...made].filter((count) => count === 6)).toHaveLength(40 - once);
    const full = said.filter((message) => message.includes("is full"));
    expect(full).toHaveLength(1);
    expect(full[0]).toMatch(
      new RegExp(
        `^the cache is full: it holds ${once} of 40 samples in 1[12] KB of 12 KB \\(maxBytes\\); all of them would take about \\d\\d KB`,
      ),
    );
    await dataset.close?.();
  });

  it("may be filled by several loaders at once", async () => {
    const made = counts(60);
    const dataset = await cacheIn(where, pictures(60, made));
    const plain = await read(pictures(60, counts(60)), { batchSize: 4 });
    const options = { batchSize: 4, numWorkers: 2, persistentWorkers: true };
    const seen = await Promise.all([
      read(dataset, options),
      read(dataset, options),
      read(dataset, { batchSize: 4 }),
    ]);
    expect(seen).toEqual([plain, plain, plain]);
    const before = [...made];
    expect(await read(dataset, { batchSize: 4 })).toEqual(plain);
    expect([...made]).toEqual(before);
    await dataset.close?.();
  });

  it("resumes in the middle of an epoch with the very batches of no cache", async () => {
    const dataset = await cacheIn(where, pictures(30, counts(30)));
    const options = { batchSize: 4, shuffle: true, numWorkers: 2, persistentWorkers: true, seed: 9 };
    const plain = await read(pictures(30, counts(30)), options, [0, 1]);
    await using first = new DataLoader(dataset, options);
    const seen: string[] = [];
    for await (const { data, indices } of first) {
      seen.push(textOf({ epoch: 0, indices, data }));
      if (seen.length === 3) break;
    }
    const state = JSON.parse(JSON.stringify(first.state())) as unknown;
    await using second = new DataLoader(dataset, options);
    second.resume(state);
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const { data, indices } of second) seen.push(textOf({ epoch, indices, data }));
    }
    expect(seen).toEqual(plain);
    await first.close();
    await dataset.close?.();
  });

  it("names the sample and the field that it cannot keep", async () => {
    const bad: Dataset = { length: 2, get: () => ({ when: new Date(0) }), key: (index) => `row ${index}` };
    await using loader = new DataLoader(await cacheIn(where, bad as Dataset<Picture>), { batchSize: 2 });
    await expect(loader.batches(0).next()).rejects.toMatchObject({
      code: "CACHE_VALUE",
      message: expect.stringContaining('"when" is an instance of Date') as string,
      where: ["sample 0 (row 0)", "epoch 0"],
    });
  });
});

describe("a cache", () => {
  it("refuses a size or a place that makes no sense", async () => {
    const dataset = pictures(2, counts(2));
    expect(() => cached(dataset, { in: "memory", maxBytes: 0 })).toThrow("maxBytes must be a whole number");
    expect(() => cached(dataset, { in: "tape" } as never)).toThrow('in "memory" or on "disk", was "tape"');
    const nameless = { length: 1, get: () => 1 };
    await expect(cached(nameless, { in: "disk", folder })).rejects.toMatchObject({ code: "CACHE_KEY" });
    await (await cached(nameless, { in: "disk", folder, key: "mine" })).close?.();
  });

  it("reads an index out of range as the dataset does", async () => {
    const dataset = cached([1, 2, 3], { in: "memory" });
    expect(await dataset.get(-1, { epoch: 0 })).toBe(3);
    expect(() => dataset.get(3, { epoch: 0 })).toThrow("from 0 to 2, was 3");
  });
});

for (const where of ["memory", "disk"] as const) {
  testSource({
    plugin: defineSource({
      name: `cached-in-${where}`,
      summary: "pictures behind a cache",
      options: z.strictObject({ length: z.int().describe("samples") }),
      create: ({ length }, { facts: { labels = ["a", "b", "c"] } = {} }) => {
        if (labels.length < 3) throw labelUnknown("c", labels);
        return cacheIn(where, pictures(length, counts(length), 16, 12, labels));
      },
    }),
    options: { length: 12 },
    length: 12,
    columns: ["label"],
    facts: { labels: ["a", "b", "c"] },
    labels: "indices",
  });
}
