/** Numbers left to the loader: what it chooses, that it says why, and that batches stay the same. */
import { availableParallelism } from "node:os";
import { DataLoader, type DataLoaderOptions } from "@millrace/core";
import { Generator } from "@millrace/core/dataloader";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { identity, sharded } from "./fixtures/streams.mjs";
import { slow } from "./fixtures/slow.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

const collate = identity as never;

function logging() {
  const lines: { fields: object; text: string }[] = [];
  const silent = () => undefined;
  const info = (fields: object, text: string) => void lines.push({ fields, text });
  return { lines, logger: { debug: silent, info, warn: silent, error: silent } };
}

async function read(batches: AsyncIterable<{ data: unknown; release: () => void }>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const { data, release } of batches) {
    seen.push(data);
    release();
  }
  return seen;
}

const open = (given: Parameters<typeof slow>[0], options: DataLoaderOptions<number, number[]>) =>
  new DataLoader<number, number[]>(slow(given), { batchSize: 4, shuffle: true, collate, ...options });

describe('numWorkers: "auto"', () => {
  it("makes batches that cost next to nothing itself, and says so", async () => {
    const { lines, logger } = logging();
    const loader = open({ length: 400 }, { numWorkers: "auto", logger });
    await read(loader);
    expect(loader.numWorkers).toBe(0);
    const { reason, numWorkers } = loader.metrics().workers;
    expect(numWorkers).toBe(0);
    expect(reason).toMatch(/^a batch takes .* ms/);
    expect(lines).toHaveLength(1);
    expect(lines[0].text).toBe(`no workers: ${reason}`);
    expect(lines[0].fields).toMatchObject({ numWorkers: 0, measured: { batchesLeft: expect.any(Number) } });
  });

  it("starts workers for batches that take long, once some were measured, and loses none of them", async () => {
    const { lines, logger } = logging();
    const given = { length: 120, readMs: 8 };
    const expected = await read(open({ length: 120 }, { numWorkers: 0 }).batches(0));
    await using loader = open(given, { numWorkers: "auto", persistentWorkers: true, logger });
    expect(loader.numWorkers).toBe(0);
    expect(await read(loader.batches(0))).toEqual(expected);
    expect(loader.numWorkers).toBeGreaterThanOrEqual(1);
    expect(loader.numWorkers).toBeLessThanOrEqual(availableParallelism());
    expect(aliveThreads()).toBe(loader.numWorkers);
    expect(loader.metrics().workers.reason).toContain("the caller asks for one every");
    expect(loader.metrics().epoch).toMatchObject({ batches: 30, samples: 120 });
    expect(lines[0].text).toMatch(/^numWorkers \d+, prefetchFactor 2: /);
    // What was chosen holds for the epochs after it.
    expect(await read(loader.batches(0))).toEqual(expected);
    expect(lines).toHaveLength(1);
  });

  it("makes the same batches for a generator that draws on, whatever it chooses", async () => {
    const epochs = async (numWorkers: number | "auto", readMs: number) => {
      const persistentWorkers = numWorkers !== 0;
      await using loader = open(
        { length: 40, readMs },
        { numWorkers, persistentWorkers, seed: undefined, generator: new Generator(5) },
      );
      return [await read(loader), await read(loader), await read(loader)];
    };
    const expected = await epochs(1, 0);
    expect(await epochs("auto", 0)).toEqual(expected);
    expect(await epochs("auto", 8)).toEqual(expected);
  });

  it("can be stopped and resumed anywhere, before and after it has chosen", async () => {
    const expected = await read(open({ length: 80 }, { numWorkers: 0 }).batches(0));
    for (const stop of [1, 3, 9]) {
      await using loader = open({ length: 80, readMs: 8 }, { numWorkers: "auto", persistentWorkers: true });
      const epoch = loader.batches(0);
      for (let i = 0; i < stop; i++) await epoch.next();
      const state = JSON.parse(JSON.stringify(loader.state())) as unknown;
      await epoch.return?.();
      const rest = await read(open({ length: 80 }, { numWorkers: "auto" }).resume(state));
      expect(rest).toEqual(expected.slice(stop));
    }
  });

  it("loads in this thread what workers cannot make again", async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 15));
    const dataset = { length: 40, get: (index: number) => pause().then(() => index) };
    const loader = new DataLoader(dataset, { numWorkers: "auto", collate });
    expect(await read(loader)).toHaveLength(40);
    expect(loader.metrics().workers).toMatchObject({
      numWorkers: 0,
      reason: expect.stringContaining("workers cannot make dataset.get again"),
    });
  });

  it("leaves a stream without workers, since they would change its batches", async () => {
    const loader = new DataLoader(sharded(10), { numWorkers: "auto", batchSize: 3, collate });
    expect((await read(loader)).flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(loader.metrics().workers.reason).toContain("a stream's batches depend on the number of workers");
  });

  it("is measured anew by nobody who leaves early, and ends cleanly", async () => {
    for (const stop of [1, 6]) {
      const loader = open({ length: 400, readMs: 8 }, { numWorkers: "auto" });
      let count = 0;
      for await (const batch of loader) {
        batch.release();
        if (++count === stop) break;
      }
      await loader.close();
      expect(aliveThreads()).toBe(0);
    }
  });

  it("names a fault as ever, while it measures and after", async () => {
    for (const failsAt of [1, 70]) {
      await using loader = open({ length: 80, readMs: 8, failsAt }, { numWorkers: "auto", shuffle: false });
      await expect(read(loader)).rejects.toThrow(`no sample ${failsAt}`);
    }
  });
});

describe('prefetchFactor: "auto"', () => {
  it("is chosen from the first batches of workers, within the budget", async () => {
    const { lines, logger } = logging();
    await using loader = open(
      { length: 200, readMs: 1 },
      { numWorkers: 1, prefetchFactor: "auto", prefetchBytes: 1, logger, collate: undefined },
    );
    await read(loader);
    expect(loader.metrics().workers).toMatchObject({ numWorkers: 1, prefetchFactor: 1 });
    expect(lines).toHaveLength(1);
    expect(lines[0].text).toContain("numWorkers 1, prefetchFactor 1: 1 ahead each: as many as");
  });

  it("is chosen together with the workers", async () => {
    await using loader = open(
      { length: 120, readMs: 8 },
      { numWorkers: "auto", prefetchFactor: "auto", persistentWorkers: true },
    );
    await read(loader);
    expect(loader.metrics().workers.prefetchFactor).toBeGreaterThanOrEqual(2);
    expect(loader.metrics().workers.reason).toContain("ahead each: batches of");
  });

  it.each([
    [{ prefetchBytes: 0 }, "prefetchBytes must be a whole number of bytes of at least 1, was 0"],
    [{ numWorkers: "many" as never }, 'numWorkers must be a whole number of at least 0, was "many"'],
    [
      { numWorkers: 1, prefetchFactor: "some" as never },
      'prefetchFactor must be a whole number of at least 1, was "some"',
    ],
  ])("and its like refuse %j", (options, message) => {
    expect(() => new DataLoader([1], options)).toThrow(message);
  });
});
