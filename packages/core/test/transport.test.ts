/** Requests and replies between threads: whatever their size and number, each batch arrives once and as it was made. */
import { DataLoader, type DataLoaderOptions, type NdArray } from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { wakeNobody } from "./fixtures/streams.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

interface Varied {
  readonly values: NdArray;
  readonly first: number;
}

function varied(length: number, args: { sizes: number; bytes?: number }, options: DataLoaderOptions = {}) {
  const module = new URL("./fixtures/line.mjs", import.meta.url).href;
  return new DataLoader<number, Varied>(
    { length, get: (index) => index },
    {
      numWorkers: 2,
      recipe: { module, export: "varied", args: { length, ...args } },
      ...(options as DataLoaderOptions<number, Varied>),
    },
  );
}

function check({ values, first }: Varied, sizes: number, bytes = 1): void {
  expect(values.shape).toEqual([(first % sizes) + 1, bytes]);
  expect(values.data.every((value) => value === first % 251)).toBe(true);
}

describe("batches", () => {
  it.each([
    ["one layout", 1],
    ["as many as are remembered", 16],
    ["more than are remembered", 17],
    ["a new one each", 300],
  ])("of %s arrive as they were made, released or not", async (_name, sizes) => {
    for (const releasing of [true, false]) {
      const seen: number[] = [];
      for await (const { data, release } of varied(300, { sizes })) {
        check(data, sizes);
        seen.push(data.first);
        if (releasing) release();
      }
      expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
    }
  });

  it("of megabytes are views of the very memory that the worker wrote, and nothing is copied for them", async () => {
    const buffers = new Set<ArrayBufferLike>();
    let count = 0;
    // 38 MB each, as a batch of 64 images at 224 × 224 × 3 in float32.
    for await (const { data, release } of varied(12, { sizes: 1, bytes: 38_535_168 }, { numWorkers: 1 })) {
      expect(data.values.data.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(data.values.data.byteLength).toBe(38_535_168);
      expect(data.values.data[data.values.data.length - 1]).toBe(count++);
      buffers.add(data.values.data.buffer);
      release();
    }
    // Two under way, one in hand: released memory comes back as the same object, which a copy would not be.
    expect(buffers.size).toBeLessThanOrEqual(6);
    expect(count).toBe(12);
  });

  // 3 GB are written, which a busy machine takes minutes for.
  it("that are dropped without release are collected, though V8 does not count shared memory", {
    timeout: 300_000,
  }, async () => {
    const before = process.memoryUsage.rss();
    let highest = 0;
    for await (const { data } of varied(80, { sizes: 1, bytes: 38_535_168 }, { numWorkers: 1 })) {
      expect(data.values.data).toHaveLength(38_535_168);
      highest = Math.max(highest, process.memoryUsage.rss() - before);
    }
    // All of them together would be 3 GB.
    expect(highest).toBeLessThan(1.5e9);
  });

  it("of more samples than the queue takes arrive in order among small ones", async () => {
    const sizes = [1, 5000, 2, 4096, 4097, 1, 20_000, 3];
    let next = 0;
    const batches = sizes.map((size) => Array.from({ length: size }, () => next++));
    const loader = varied(next, { sizes: 7 }, { batchSampler: batches, numWorkers: 1, prefetchFactor: 8 });
    const seen: (readonly number[])[] = [];
    for await (const { data, indices } of loader) {
      check(data, 7);
      expect(data.first).toBe(indices[0]);
      seen.push(indices);
    }
    expect(seen).toEqual(batches);
  });

  it("asked for by the thousand at once arrive all", async () => {
    const loader = varied(3000, { sizes: 5 }, { numWorkers: 1 });
    const epoch = loader.batches(0);
    const results = await Promise.all(Array.from({ length: 3001 }, () => epoch.next()));
    const firsts = results.flatMap(({ value }) => (value === undefined ? [] : [value.data.first]));
    expect(firsts).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });

  // A reply as numbers may be seen before the message that says what they mean.
  it("of loaders that start one after the other never stall", { timeout: 300_000 }, async () => {
    for (let i = 0; i < 30; i++) {
      let count = 0;
      for await (const { data } of varied(24, { sizes: 3 }, { prefetchFactor: 6 })) {
        check(data, 3);
        count++;
      }
      expect(count).toBe(24);
    }
  });

  it("made ahead by the thousand, of a thousand samples each, wait their turn", async () => {
    const loader = varied(1_000_000, { sizes: 3 }, { batchSize: 1000, numWorkers: 1, prefetchFactor: 1000 });
    let step = 0;
    for await (const { data, release } of loader) {
      expect(data.first).toBe(1000 * step++);
      release();
    }
    expect(step).toBe(1000);
  });
});

describe("wake-ups that are lost", () => {
  const read = async (options: DataLoaderOptions) => {
    const loader = new DataLoader(
      Array.from({ length: 300 }, (_, i) => i),
      { batchSize: 3, numWorkers: 2, ...(options as object) },
    );
    const seen: number[] = [];
    for await (const { data } of loader) seen.push(...((data as NdArray).data as Int32Array));
    return seen;
  };
  const all = Array.from({ length: 300 }, (_, i) => i);

  it("of workers do not end in waiting for ever", async () => {
    const { notify } = Atomics;
    Atomics.notify = () => 0;
    try {
      expect(await read({})).toEqual(all);
    } finally {
      Atomics.notify = notify;
    }
  });

  it("of the main thread do not either", async () => {
    expect(await read({ workerInit: wakeNobody })).toEqual(all);
  });
});
