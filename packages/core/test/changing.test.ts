/** What arrays and lists hold counts when an epoch begins: with workers, new or kept, as without. */
import {
  type Batch,
  ConcatDataset,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  type NdArray,
  ndarray,
  StackDataset,
  Subset,
  TensorDataset,
} from "@millrace/core";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { over } from "./fixtures/derived.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

/** All numbers of a batch, whatever its structure. */
function numbersOf(value: unknown): number[] {
  if (typeof value !== "object" || value === null) return typeof value === "number" ? [value] : [];
  if ("data" in value && ArrayBuffer.isView(value.data)) return Array.from((value as NdArray).data);
  return Object.values(value).flatMap(numbersOf);
}

async function epochOf(loader: DataLoader<never>, epoch: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const { data, release } of loader.batches(epoch) as AsyncIterable<Batch>) {
    seen.push(...numbersOf(data));
    release();
  }
  return seen;
}

/** Something to load, and how it is written to. */
interface Changing {
  readonly dataset: Dataset | readonly unknown[];
  readonly write: (at: number, value: number) => void;
}

const rows = 24;
const from0 = (length: number): number[] => Array.from({ length }, (_, i) => i);
const kinds: Readonly<Record<string, () => Changing>> = {
  "one array": () => {
    const x = Float32Array.from(from0(rows));
    return { dataset: new TensorDataset(x), write: (at, value) => (x[at] = value) };
  },
  "a large array": () => {
    const x = new Float64Array(rows * 4096);
    const dataset = new TensorDataset(ndarray(x, [rows, 4096]));
    return { dataset, write: (at, value) => (x[at * 4096 + at] = value) };
  },
  "a subset of stacked and joined arrays": () => {
    const [x, y] = [Int16Array.from(from0(rows)), Uint8Array.from(from0(rows))];
    const joined = new ConcatDataset([new TensorDataset(x), new TensorDataset(y)] as never);
    const dataset = new Subset(new StackDataset(joined), from0(rows));
    return { dataset, write: (at, value) => (x[at] = value) };
  },
  "samples of small arrays": () => {
    const samples = from0(rows).map((i) => ({ x: Float32Array.of(i, 1), label: i }));
    return { dataset: samples, write: (at, value) => (samples[at].x[0] = value) };
  },
  "plain numbers": () => {
    const samples = from0(rows);
    return { dataset: samples, write: (at, value) => (samples[at] = value) };
  },
  "a list that grows": () => {
    const samples: { v: number }[] = from0(rows).map((v) => ({ v }));
    return { dataset: samples, write: (_, value) => void samples.push({ v: value }) };
  },
  "a dataset of one's own": () => {
    const values = Float64Array.from(from0(rows));
    return { dataset: over(values), write: (at, value) => (values[at] = value) };
  },
};

describe.each(Object.entries(kinds))("%s written to between epochs", (_name, make) => {
  it("gives the same batches with new workers, kept workers and none", { timeout: 240_000 }, async () => {
    const write = fc.tuple(fc.nat(rows - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(write, { maxLength: 3 }), { minLength: 2, maxLength: 4 }),
        async (epochs) => {
          const { dataset, write: put } = make();
          const options: DataLoaderOptions = { batchSize: 5, shuffle: true };
          const loaderOf = (more: DataLoaderOptions) =>
            new DataLoader(dataset as Dataset<never>, { ...(options as object), ...(more as object) });
          await using here = loaderOf({});
          await using fresh = loaderOf({ numWorkers: 1 });
          await using kept = loaderOf({ numWorkers: 2, persistentWorkers: true });
          for (const [epoch, writes] of epochs.entries()) {
            for (const [at, value] of writes) put(at, value);
            const expected = await epochOf(here, epoch);
            expect(await epochOf(fresh, epoch)).toEqual(expected);
            expect(await epochOf(kept, epoch)).toEqual(expected);
          }
        },
      ),
      { numRuns: 4 },
    );
  });
});

describe("an array written to during an epoch", () => {
  it("stays for that epoch's workers what it was, also for those that start meanwhile elsewhere", async () => {
    const x = Float32Array.from(from0(rows));
    const dataset = new TensorDataset(x) as Dataset as Dataset<never>;
    const options = { batchSize: 4, numWorkers: 1, persistentWorkers: true } as const;
    await using first = new DataLoader(dataset, options);
    await using second = new DataLoader(dataset, options);
    const under = first.batches(0);
    const seen = numbersOf((await under.next()).value?.data);
    x.fill(-1);
    expect(await epochOf(second, 0)).toEqual(from0(rows).map(() => -1));
    for await (const { data } of under as AsyncIterable<Batch>) seen.push(...numbersOf(data));
    expect(seen).toEqual(from0(rows));
    expect(await epochOf(first, 1)).toEqual(from0(rows).map(() => -1));
    x.fill(7);
    expect(await epochOf(first, 2)).toEqual(from0(rows).map(() => 7));
    expect(await epochOf(second, 2)).toEqual(from0(rows).map(() => 7));
  });

  it("keeps workers, and their copies of arrays, where nothing changed or nobody reads", async () => {
    const x = Float32Array.from(from0(rows));
    let started = 0;
    const count = (): void => void started++;
    process.on("worker", count);
    await using loader = new DataLoader(new TensorDataset(x) as Dataset as Dataset<never>, {
      batchSize: 4,
      numWorkers: 1,
      persistentWorkers: true,
    });
    for (let epoch = 0; epoch < 3; epoch++) {
      x[0] = epoch;
      expect((await epochOf(loader, epoch))[0]).toBe(epoch);
    }
    process.off("worker", count);
    expect(started).toBe(1);
  });
});
