/** What a loader says of its time: figures that add up, for any number of workers. */
import { DataLoader, type DataLoaderOptions } from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { slow } from "./fixtures/slow.mjs";
import { sharded } from "./fixtures/streams.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function run(loader: DataLoader<number>, epoch: number, stepMs = 0): Promise<void> {
  for await (const batch of loader.batches(epoch)) {
    if (stepMs > 0) await pause(stepMs);
    batch.release();
  }
}

const open = (given: Parameters<typeof slow>[0], options: DataLoaderOptions<number>) =>
  new DataLoader<number, unknown>(slow(given), { batchSize: 4, ...options });

describe("metrics", () => {
  it.each([0, 1, 2])(
    "count batches, samples and bytes, for the epoch and in total, with %i workers",
    async (numWorkers) => {
      const loader = open({ length: 10 }, { numWorkers });
      expect(loader.metrics().epoch).toBeUndefined();
      expect(loader.metrics().total).toMatchObject({ batches: 0, samples: 0, wallMs: 0, dataWaitShare: 0 });
      await run(loader, 0);
      await run(loader, 3);
      const { epoch, total } = loader.metrics();
      // Ten numbers are ten int32.
      expect(epoch).toMatchObject({ epoch: 3, batches: 3, samples: 10, bytes: 40 });
      expect(total).toMatchObject({ batches: 6, samples: 20, bytes: 80 });
      loader.resetMetrics();
      expect(loader.metrics().total).toMatchObject({ batches: 0, samples: 0, bytes: 0 });
      expect(loader.metrics().workers).toMatchObject({ numWorkers, deaths: 0 });
    },
  );

  it.each([0, 2])("tell reading, transforming and waiting apart, with %i workers", async (numWorkers) => {
    const loader = open({ length: 16, readMs: 2, transformMs: 6 }, { numWorkers });
    await run(loader, 0);
    const { epoch } = loader.metrics();
    // Busy loops take at least as long as they are told; what else runs on the machine only makes them longer. Four samples
    // are in hand at once, but a transform has the thread to itself.
    expect(epoch?.read.ms).toBeGreaterThan(16 * 2 - 5);
    expect(epoch?.transform.ms).toBeGreaterThan(16 * 6 - 5);
    expect((epoch?.read.ms ?? 0) + (epoch?.transform.ms ?? 0)).toBeGreaterThan(16 * (2 + 6) - 1);
    expect(epoch?.transform.usPerSample).toBeCloseTo(((epoch?.transform.ms ?? 0) / 16) * 1000, 6);
    expect(epoch?.dataWait.ms).toBeLessThanOrEqual(epoch?.wallMs ?? 0);
    expect(epoch?.dataWaitShare).toBeGreaterThan(0.5);
    expect((epoch?.dataWait.ms ?? 0) + (epoch?.use.ms ?? 0)).toBeCloseTo(epoch?.wallMs ?? 0, 6);
  });

  it("see that a slow caller never waits, and that batches are ready for it", async () => {
    const loader = open({ length: 32 }, { numWorkers: 1, persistentWorkers: true });
    // The first epoch waits for the worker to start.
    await run(loader, 0);
    await run(loader, 1, 30);
    const { epoch, total } = loader.metrics();
    expect(epoch?.dataWaitShare).toBeLessThan(0.5);
    expect(epoch?.queueDepth).toBeGreaterThan(1);
    expect(epoch?.use.ms).toBeGreaterThan(8 * 25);
    expect(total.wallMs).toBeGreaterThan(epoch?.wallMs ?? 0);
    await loader.close();
  });

  it("tell how long a batch that was ready waited for its turn", async () => {
    const loader = open({ length: 8, readMs: 100, slowBelow: 1 }, { numWorkers: 2, persistentWorkers: true });
    await run(loader, 0);
    await run(loader, 1);
    const { epoch } = loader.metrics();
    expect(epoch?.orderWait.ms).toBeGreaterThan(20);
    expect(epoch?.orderWait.ms).toBeLessThanOrEqual(epoch?.dataWait.ms ?? 0);
    await loader.close();
  });

  it.each([0, 2])("count a stream's samples, with %i workers", async (numWorkers) => {
    const loader = new DataLoader<number>(sharded(10), { batchSize: 3, numWorkers });
    await run(loader, 0);
    expect(loader.metrics().epoch).toMatchObject({ samples: 10, bytes: 40 });
  });

  it("do not count what failed, and go on after it", async () => {
    const loader = open({ length: 12, failsAt: 5 }, {});
    const epoch = loader.batches(0);
    await epoch.next();
    await expect(epoch.next()).rejects.toThrow("no sample 5");
    await epoch.next();
    expect((await epoch.next()).done).toBe(true);
    expect(loader.metrics().epoch).toMatchObject({ batches: 2, samples: 8 });
  });

  it("stand still once an epoch has ended", async () => {
    const loader = open({ length: 4 }, {});
    await run(loader, 0);
    const before = loader.metrics();
    await pause(20);
    expect(loader.metrics()).toEqual(before);
  });
});
