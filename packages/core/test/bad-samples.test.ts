/** Samples that cannot be made: what becomes of them under each policy, the same for any number of workers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Batch,
  cached,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  excluding,
  type IterableDataset,
  MillraceError,
  readQuarantine,
  shuffleStream,
  SubsetRandomSampler,
} from "@millrace/core/dataloader";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { deadly } from "./fixtures/faults.mjs";
import { coded, type How, spoiled, spoiledStream } from "./fixtures/bad.mjs";

afterEach(async () => {
  for (const loader of opened.splice(0)) await loader.close();
  expect(aliveThreads()).toBe(0);
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const tenth = (n: number) => range(n).filter((i) => i % 10 === 4);

type Given = Dataset | IterableDataset;
type Seen = ReturnType<typeof shown>;

/** All that a caller may compare of a batch. */
function shown({ data, indices, step, epoch, bad }: Batch) {
  return { data: copied(data), indices: [...indices], step, epoch, bad };
}

/** Out of memory that is filled again. */
function copied(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return (value as Float32Array).slice();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copied(each)]));
}

const opened: { close(): Promise<void> }[] = [];

function open(dataset: Given, options: DataLoaderOptions) {
  const given = { logger: silent, maxRatio: 1, ...options };
  const loader = new DataLoader<unknown, unknown>(dataset as Dataset, given);
  opened.push(loader);
  return loader;
}

async function seen(dataset: Given, options: DataLoaderOptions, epoch = 0): Promise<Seen[]> {
  return all(open(dataset, options).batches(epoch));
}

async function all(batches: AsyncIterable<Batch>): Promise<Seen[]> {
  const made: Seen[] = [];
  for await (const batch of batches) {
    made.push(shown(batch));
    batch.release();
  }
  return made;
}

/** The same with a stop after so many batches, and another loader from the state as JSON. */
async function resumed(dataset: Given, options: DataLoaderOptions, stop: number): Promise<Seen[]> {
  const made: Seen[] = [];
  const first = open(dataset, options);
  let state: unknown = first.state();
  for await (const batch of first) {
    if (made.length === stop) break;
    made.push(shown(batch));
    state = JSON.parse(JSON.stringify(first.state()));
  }
  await first.close();
  const loader = open(dataset, options).resume(state);
  // The state in the body of the last batch is the start of the next epoch.
  if ((state as { epoch: number }).epoch > 0) return made;
  for await (const batch of loader) made.push(shown(batch));
  return made;
}

const rows = (batches: readonly Seen[]) => batches.flatMap(({ indices }) => indices);
const hows: How[] = ["get", "async", "getMany", "getBatch", "transform", "deferred", "shape", "null"];

describe("a bad sample", () => {
  it.each(hows)(
    "that fails in %s is left out, or another stands in its place: the same for any number of workers",
    async (how) => {
      const [n, bad] = [60, tenth(60)];
      const dataset = spoiled(n, bad, how);
      const good = spoiled(n, [], "get");
      for (const onError of ["skip", "replace"] as const) {
        const options = { batchSize: 8, shuffle: true, seed: 5, onError };
        const here = await seen(dataset, options);
        for (const numWorkers of how === "get" ? [1, 4] : onError === "replace" ? [2] : []) {
          expect(await seen(dataset, { ...options, numWorkers })).toEqual(here);
        }
        expect(await resumed(dataset, options, 3)).toEqual(here);
        const whole = await seen(good, {
          batchSize: 8,
          shuffle: true,
          seed: 5,
          onError: "fail",
          maxRatio: undefined,
        });
        const expected = rows(whole).map((index) => (bad.includes(index) ? undefined : index));
        const left = expected.filter((index) => index !== undefined);
        const filled = rows(here).map((index, place) =>
          bad.includes(index) ? -1 : (expected[place] ?? index),
        );
        expect(rows(here)).toEqual(onError === "skip" ? left : filled);
        const sizes = onError === "skip" ? here : whole;
        expect(here.map(({ indices }) => indices.length)).toEqual(sizes.map(({ indices }) => indices.length));
        // What is in a batch is what the batch says.
        for (const { data, indices } of here) {
          expect([...(data as { y: { data: Int32Array } }).y.data]).toEqual(indices);
        }
        const told = here.flatMap((batch) => batch.bad ?? []).filter(({ drawn }) => !drawn);
        expect(told.map(({ index }) => index).sort((a, b) => a - b)).toEqual(bad);
        expect(new Set(told.map(({ stage }) => stage))).toEqual(
          new Set([
            how === "transform"
              ? "transform 0 function"
              : ["shape", "null"].includes(how)
                ? "collating"
                : "reading",
          ]),
        );
      }
    },
    60_000,
  );

  it("is replaced by what (seed, epoch, index) say, whatever the batches, the order and the workers are", async () => {
    const dataset = spoiled(200, tenth(200), "get");
    const replaced = async (options: DataLoaderOptions, epoch: number) =>
      Object.fromEntries(
        (await seen(dataset, { onError: "replace", seed: 3, ...options }, epoch))
          .flatMap(({ bad = [] }) => bad)
          .filter(({ drawn }) => !drawn)
          .map(({ index, replacedBy }) => [index, replacedBy]),
      );
    const expected = await replaced({ batchSize: 7 }, 2);
    expect(Object.keys(expected)).toHaveLength(20);
    expect(await replaced({ batchSize: 32, shuffle: true }, 2)).toEqual(expected);
    expect(await replaced({ batchSize: null, numWorkers: 2 }, 2)).toEqual(expected);
    expect(await replaced({ batchSize: 7, seed: 4 }, 2)).not.toEqual(expected);
    expect(await replaced({ batchSize: 7 }, 3)).not.toEqual(expected);
  });

  it("is replaced from what the sampler chooses from", async () => {
    const dataset = spoiled(100, tenth(100), "get");
    const half = range(50);
    for (const options of [
      { sampler: new SubsetRandomSampler(half) },
      { sampler: half },
      { batchSampler: [half] },
    ]) {
      const batches = await seen(dataset, { onError: "replace", ...options });
      expect(rows(batches)).toHaveLength(50);
      expect(rows(batches).filter((index) => index >= 50)).toEqual([]);
    }
  });

  it("that a custom batch sampler asks for is left out of its batch", async () => {
    const batchSampler = [
      [4, 1],
      [14, 24],
      [2, 34, 3],
    ];
    const batches = await seen(spoiled(60, tenth(60), "getMany"), {
      batchSampler,
      onError: "skip",
      numWorkers: 2,
    });
    expect(batches.map(({ step, indices }) => [step, indices])).toEqual([
      [0, [1]],
      [2, [2, 3]],
    ]);
  });

  it("leaves the step of a batch empty of which nothing is left, and the loader stands behind it", async () => {
    const dataset = spoiled(12, [3, 4, 5, 9, 10, 11], "get");
    const options = { batchSize: 3, onError: "skip" } as const;
    const batches = await seen(dataset, options);
    expect(batches.map(({ step }) => step)).toEqual([0, 2]);
    expect(await resumed(dataset, options, 1)).toEqual(batches);
    expect(await resumed(dataset, options, 2)).toEqual(batches);
    expect(await resumed(dataset, { ...options, numWorkers: 2 }, 1)).toEqual(batches);
  });

  it("counts once where batches come out of order", async () => {
    const dataset = spoiled(60, tenth(60), "async");
    const loader = open(dataset, { batchSize: 4, numWorkers: 3, inOrder: false, onError: "skip" });
    const indices: number[] = [];
    for await (const batch of loader) indices.push(...batch.indices);
    expect(indices.sort((a, b) => a - b)).toEqual(range(60).filter((i) => i % 10 !== 4));
    expect(loader.metrics().epoch?.badSamples).toBe(6);
  });

  it("is not kept by a cache, in memory or on disk, and its neighbours are", async () => {
    let reads = 0;
    const dataset = (): Dataset => {
      const samples = spoiled(20, [4, 14], "get");
      return { ...samples, get: (index, context) => (reads++, samples.get(index, context)) };
    };
    const options = { batchSize: 5, onError: "skip" } as const;
    const plain = await seen(dataset(), options);
    const folder = await mkdtemp(join(tmpdir(), "millrace-bad-"));
    try {
      const onDisk = { in: "disk", folder, key: "spoiled", logger: silent } as const;
      for (const kept of [cached(dataset(), { in: "memory" }), await cached(dataset(), onDisk)]) {
        expect(await seen(kept, options)).toEqual(plain);
        reads = 0;
        expect(await seen(kept, options, 1)).toEqual(plain.map((batch) => ({ ...batch, epoch: 1 })));
        // Only the bad ones are asked for again, once in the batch and once alone.
        expect(reads).toBeGreaterThanOrEqual(2);
        expect(reads).toBeLessThanOrEqual(4);
        await kept.close?.();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is left out by batchAt as by the loop", async () => {
    const dataset = spoiled(30, [...tenth(30), 20, 21, 22, 23], "get");
    for (const onError of ["skip", "replace"] as const) {
      const loader = open(dataset, { batchSize: 4, onError });
      const batches = await all(loader);
      for (const batch of batches) expect(shown(await loader.batchAt(0, batch.step))).toEqual(batch);
    }
    const loader = open(dataset, { batchSize: 4, onError: "skip" });
    await expect(loader.batchAt(0, 5)).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: "item 20 is broken",
    });
  });

  it("is the same where the number of workers is chosen on the way", async () => {
    const dataset = spoiled(400, tenth(400), "async");
    const options = { batchSize: 4, onError: "replace" } as const;
    expect(await seen(dataset, { ...options, numWorkers: "auto" })).toEqual(await seen(dataset, options));
  });
});

describe("bad samples", () => {
  it("are quarantined in a file, each once; given back, the order is that of a dataset without them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-bad-"));
    const quarantine = join(folder, "bad.jsonl");
    try {
      const dataset = spoiled(60, tenth(60), "transform");
      const options = { batchSize: 8, shuffle: true, seed: 2 } as const;
      const loader = open(dataset, { ...options, onError: "quarantine", quarantine, numWorkers: 2 });
      for (const epoch of [1, 2]) await all(loader.batches(epoch));
      const entries = readQuarantine(quarantine);
      expect(entries.map(({ index }) => index).sort((a, b) => a - b)).toEqual(tenth(60));
      expect(entries[0]).toEqual({
        key: `item-${entries[0].index}`,
        index: entries[0].index,
        stage: "transform 0 function",
        reason: `item ${entries[0].index} is broken`,
        code: "FILE_FORMAT",
        epoch: 1,
      });
      const left = excluding(dataset, quarantine);
      const good = range(60).filter((index) => index % 10 !== 4);
      const without = { length: good.length, get: (index: number) => ({ y: good[index] }) };
      const order = async (given: Dataset) =>
        (await seen(given, { ...options, maxRatio: undefined })).map(
          ({ data }) => (data as { y: { data: Int32Array } }).y.data,
        );
      expect(await order(left)).toEqual(await order(without));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("are told of, once each; the first five are named in the log, and the others counted", async () => {
    const lines: string[] = [];
    const told: unknown[] = [];
    const logger = { ...silent, warn: (_: object, text: string) => void lines.push(text) };
    const onBadSample = (sample: object) => void told.push(sample);
    const dataset = spoiled(100, tenth(100), "get");
    const loader = open(dataset, { batchSize: 10, onError: "replace", logger, onBadSample });
    for (const epoch of [0, 1]) await all(loader.batches(epoch));
    expect(told).toHaveLength(10);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe("sample 4 (item-4) is replaced by another: item 4 is broken (reading)");
    expect(lines[5]).toBe("further bad samples are counted, not named");
    expect(loader.metrics()).toMatchObject({ epoch: { badSamples: 10 }, total: { badSamples: 20 } });
  });

  it("may be passed over by a run that goes on from one that they ended", async () => {
    const dataset = spoiled(20, [9], "get");
    const failing = open(dataset, { batchSize: 4, maxRatio: undefined });
    const epoch = failing[Symbol.asyncIterator]();
    for (let i = 0; i < 2; i++) await epoch.next();
    const state = failing.state();
    await expect(epoch.next()).rejects.toMatchObject({ code: "FILE_FORMAT" });
    const going = open(dataset, { batchSize: 4, onError: "skip" }).resume(state);
    expect((await all(going)).map(({ indices }) => indices)).toEqual([
      [8, 10, 11],
      [12, 13, 14, 15],
      [16, 17, 18, 19],
    ]);
  });

  it.each([
    [{ onError: "ignore" }, "onError must be one of fail, skip, replace, quarantine"],
    [{ onError: "skip", maxRatio: 2 }, "maxRatio must be a share, 0 to 1, was 2"],
    [{ maxRatio: 0.5 }, 'but onError is "fail"'],
    [{ onError: "quarantine" }, "onError: quarantine needs a file"],
    [{ onError: "skip", quarantine: "bad.jsonl" }, 'quarantine is for onError: "quarantine"'],
    [{ onError: "quarantine", quarantine: 3 }, "quarantine must be the path of a file"],
  ])("are refused by options that say nothing of use: %o", (options, message) => {
    const opening = () => new DataLoader([1, 2], options as DataLoaderOptions);
    const text = expect.stringContaining(message) as string;
    expect(opening).toThrow(expect.objectContaining({ code: "LOADER_OPTION", message: text }));
  });
});

describe("what is no bad sample", () => {
  it.each([
    "ABORTED",
    "LOADER_CLOSED",
    "WORKER_DIED",
    "DATA_CHANGED",
    "DATASET_INDEX",
    "PACKAGE_MISSING",
    "DATABASE_FAILED",
  ])("is not passed over: %s", async (code) => {
    for (const numWorkers of code === "DATA_CHANGED" ? [0, 1] : [0]) {
      await expect(seen(coded(8, code), { batchSize: 2, onError: "skip", numWorkers })).rejects.toMatchObject(
        { code },
      );
    }
  });

  it("is not passed over: a worker's death at a sample", async () => {
    const dying = seen(deadly(4, { at: 1, how: "exit" }), { batchSize: 2, onError: "skip", numWorkers: 1 });
    await expect(dying).rejects.toMatchObject({ code: "WORKER_DIED" });
  });

  it("is told by its code: one of a plugin's own is a sample's", async () => {
    expect(rows(await seen(coded(8, "SENSOR_DEAD"), { batchSize: 2, onError: "skip" }))).not.toContain(3);
  });

  it("is not passed over: getMany that gives another number of samples", async () => {
    const dataset = {
      length: 8,
      get: (index: number) => index,
      getMany: (indices: readonly number[]) => indices.slice(1),
    };
    await expect(seen(dataset, { batchSize: 4, onError: "skip" })).rejects.toMatchObject({
      code: "DATASET_INVALID",
    });
  });

  it("is not passed over: a fault that no sample shows by itself", async () => {
    const getMany = () => {
      throw new TypeError("not written well");
    };
    const dataset = { length: 8, get: (index: number) => index, getMany };
    const failing = seen(dataset, { batchSize: 4, onError: "skip" });
    await expect(failing).rejects.toMatchObject({
      message: expect.stringContaining("not written well") as string,
    });
    const collate = () => {
      throw new TypeError("not written well");
    };
    const collating = seen(
      { length: 8, get: (index: number) => index },
      { batchSize: 4, onError: "replace", collate },
    );
    await expect(collating).rejects.toMatchObject({
      message: expect.stringContaining("collate failed") as string,
    });
  });
});

describe("too many bad samples", () => {
  it("end the epoch with how many of how many, the first error as cause, at the same batch for any number of workers", async () => {
    const dataset = spoiled(
      2000,
      range(2000).filter((i) => i % 5 === 1),
      "get",
    );
    for (const numWorkers of [0, 2]) {
      const loader = open(dataset, { batchSize: 10, onError: "skip", numWorkers, maxRatio: undefined });
      let batches = 0;
      const run = async () => {
        for await (const _ of loader) batches++;
      };
      await expect(run()).rejects.toMatchObject({
        code: "BAD_SAMPLES",
        message: "at most 10 % of the samples may be bad (maxRatio 0.1), but 102 of 510 were",
        cause: { code: "FILE_FORMAT", message: "item 1 is broken" },
      });
      expect(batches).toBe(50);
    }
  });

  it("are counted over a stop", async () => {
    const dataset = spoiled(
      100,
      range(100).filter((i) => i % 5 === 1),
      "get",
    );
    const options = { batchSize: 10, onError: "skip", maxRatio: 0.15 } as const;
    const first = open(dataset, options);
    let state: unknown;
    for await (const { step } of first) {
      state = JSON.parse(JSON.stringify(first.state()));
      if (step === 5) break;
    }
    expect(state).toMatchObject({ bad: { samples: 60, bad: 12, first: { message: "item 1 is broken" } } });
    const second = open(dataset, options).resume(state);
    const next = second[Symbol.asyncIterator]();
    await next.next();
    await expect(next.next()).rejects.toMatchObject({
      message: expect.stringContaining("but 16 of 80 were") as string,
      cause: { message: "item 1 is broken" },
    });
    expect(await next.next()).toEqual({ done: true, value: undefined });
  });

  it("an epoch where all fail ends with the first error, once", async () => {
    for (const onError of ["skip", "replace"] as const) {
      for (const numWorkers of [0, 2]) {
        const loader = open(spoiled(12, range(12), "get"), { batchSize: 4, onError, numWorkers });
        const epoch = loader.batches(0);
        const first = {
          code: "FILE_FORMAT",
          message: "item 0 is broken",
          where: ["sample 0 (item-0)", "epoch 0"],
        };
        await expect(epoch.next()).rejects.toMatchObject(first);
        await epoch.return?.();
        expect(await epoch.next()).toEqual({ done: true, value: undefined });
      }
    }
  });

  it("a single one is too many for maxRatio 0", async () => {
    const failing = seen(spoiled(50, [7], "get"), { batchSize: 10, onError: "skip", maxRatio: 0 });
    await expect(failing).rejects.toMatchObject({ code: "BAD_SAMPLES" });
  });
});

describe("a stream", () => {
  const goodOf = (batches: readonly Seen[]) =>
    batches.flatMap(({ data }) => [...(data as { y: { data: Int32Array } }).y.data]);

  it.each(["plain", "stateful", "stated"] as const)(
    "that goes on (%s) is read on: what follows takes the place, and resuming gives the same",
    async (kind) => {
      const dataset = spoiledStream(60, [4, 5, 17, 30, 44], kind);
      for (const numWorkers of kind === "stated" ? [0] : [0, 2]) {
        const options = { batchSize: 4, onError: "skip", numWorkers } as const;
        const batches = await seen(dataset, options);
        expect(goodOf(batches).sort((a, b) => a - b)).toEqual(
          range(60).filter((i) => ![4, 5, 17, 30, 44].includes(i)),
        );
        expect(await resumed(dataset, options, 3)).toEqual(batches);
      }
    },
  );

  it("that is shuffled by windows is read on, and resumes within a window", async () => {
    const dataset = shuffleStream(spoiledStream(60, [4, 5, 17, 30, 44], "stateful"), { windowSize: 16 });
    const options = { batchSize: 4, onError: "skip" } as const;
    const batches = await seen(dataset, options);
    expect(goodOf(batches)).toHaveLength(55);
    for (const stop of [1, 2, 5, 9]) expect(await resumed(dataset, options, stop)).toEqual(batches);
  });

  it("whose last samples are bad says so where it can, else it has ended with their error", async () => {
    const options = { batchSize: 4, onError: "skip" } as const;
    expect(goodOf(await seen(spoiledStream(10, [9], "stated"), options))).toEqual(range(9));
    await expect(seen(spoiledStream(10, [9], "plain"), options)).rejects.toMatchObject({
      message: "item 9 is broken",
    });
  });

  it("that cannot go on ends with its error", async () => {
    for (const numWorkers of [0, 1]) {
      const loader = open(spoiledStream(10, [6], "generator"), {
        batchSize: 2,
        onError: "skip",
        numWorkers,
      });
      const epoch = loader.batches(0);
      for (let i = 0; i < 3; i++) await epoch.next();
      await expect(epoch.next()).rejects.toMatchObject({ code: "FILE_FORMAT", message: "item 6 is broken" });
      expect(await epoch.next()).toEqual({ done: true, value: undefined });
    }
  });

  it("that gives errors only, for ever, ends with the first", async () => {
    let calls = 0;
    const iterate = () => ({
      next: () => {
        throw new Error(`lost ${calls++}`);
      },
    });
    const failing = seen({ iterate }, { onError: "replace" });
    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining("lost 0") as string });
    expect(calls).toBe(1000);
  });

  it("whose samples do not go together leaves out the odd ones", async () => {
    const odd = (index: number) => ({ x: new Float32Array(index % 7 === 3 ? 3 : 2).fill(index), y: index });
    const dataset = {
      *[Symbol.iterator]() {
        yield* range(30).map(odd);
      },
    };
    const batches = await seen(dataset as unknown as IterableDataset, { batchSize: 4, onError: "skip" });
    expect(goodOf(batches)).toEqual(range(30).filter((i) => i % 7 !== 3));
  });
});

describe("any dataset, batch size, order and place to stop", () => {
  it("gives the same batches after a stop as without one", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          n: fc.integer({ min: 1, max: 60 }),
          bad: fc.uniqueArray(fc.nat(59), { maxLength: 20 }),
          batchSize: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null, freq: 5 }),
          shuffle: fc.boolean(),
          onError: fc.constantFrom("skip", "replace"),
          how: fc.constantFrom(...hows),
          seed: fc.nat(100),
          stop: fc.nat(12),
        }),
        async ({ n, bad: spots, batchSize, how, stop, ...more }) => {
          const bad = spots.filter((index) => index < n && index > 0);
          const dataset = spoiled(
            n,
            bad,
            batchSize === null && ["shape", "null"].includes(how) ? "get" : how,
          );
          const options = { batchSize, ...more } as DataLoaderOptions;
          const whole = await seen(dataset, options).catch((error: unknown) => error as MillraceError);
          // Nothing may be left to draw from, or nothing at all.
          if (whole instanceof MillraceError) return;
          expect(await resumed(dataset, options, Math.min(stop, whole.length))).toEqual(whole);
          const told = whole.flatMap((batch) => batch.bad ?? []);
          expect(rows(whole).filter((index) => told.some((each) => each.index === index))).toEqual([]);
        },
      ),
      { numRuns: 150, seed: 20260801 },
    );
  }, 60_000);
});
