/** PyTorch's tests of failures, of leaving early, and of shutting down. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Batch, DataLoader } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { aliveThreads } from "../alive.js";
import {
  countingStream,
  deadly,
  empties,
  exiting,
  exitingStream,
  failing,
  failingInit,
  failingStream,
  identity,
  setWorker,
  sleeping,
} from "./fixtures/portable.js";
import { classes, list, loaders, range, sharedCell } from "./loaders.js";

/** What `next()` gives, call by call, up to the end: the indices of a batch, or the error. */
async function outcomes(loader: DataLoader<number>, most = 100): Promise<unknown[]> {
  const epoch = loader[Symbol.asyncIterator]();
  const seen: unknown[] = [];
  while (seen.length < most) {
    try {
      const { done, value } = await epoch.next();
      if (done) return seen;
      seen.push(value.indices);
    } catch (error) {
      seen.push(error);
    }
  }
  await epoch.return?.();
  return seen;
}

const collate = identity as never;
const died = (worker: number) =>
  expect.objectContaining({
    code: "WORKER_DIED",
    message: expect.stringContaining(`worker ${worker} `),
  });

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);

  it.each([
    ["test_error", 100, 0],
    ["test_error_workers", 41, 2],
  ])(
    "%s: of %i samples each batch fails by itself, and the iteration ends as it should, %i workers",
    async (_name, length, numWorkers) => {
      const loader = make(failing(length), { batchSize: 2, shuffle: true, numWorkers });
      for (let epoch = 0; epoch < 2; epoch++) {
        const errors = await outcomes(loader);
        expect(errors).toHaveLength(Math.ceil(length / 2));
        for (const error of errors) {
          expect(error).toMatchObject({
            code: "SAMPLE_FAILED",
            message: "a sample cannot be read: not implemented",
            cause: { name: "TypeError", message: "not implemented" },
          });
        }
      }
    },
  );

  for (const numWorkers of [0, 2]) {
    it(`test_error_in_init: a stream that cannot be opened, ${numWorkers} workers`, async () => {
      const loader = make(failingStream(), { numWorkers });
      await expect(list(loader)).rejects.toMatchObject({
        code: "SAMPLE_FAILED",
        message: expect.stringContaining("Error in __iter__"),
      });
      await loader.close();
    });
  }

  it("test_error_in_init: an init hook that throws is named at every batch, not at the first alone", async () => {
    const loader = make(range(4), { numWorkers: 2, workerInit: failingInit });
    const errors = await outcomes(loader);
    expect(errors).toHaveLength(4);
    errors.forEach((error, i) =>
      expect(error).toMatchObject({
        code: "WORKER_RECIPE",
        message: expect.stringContaining("Error in worker_init_fn"),
        where: [`worker ${i % 2}`],
      }),
    );
    await expect(list(loader)).rejects.toThrow("Error in worker_init_fn");
    await loader.close();
  });

  it("test_timeout: a sample that is never ready, by batch, epoch and worker", async () => {
    const loader = make(sleeping(10, 1), { batchSize: 2, numWorkers: 2, timeout: 8 });
    await expect(list(loader)).rejects.toMatchObject({
      code: "LOADER_TIMEOUT",
      message: "the loader timed out after 8 seconds",
      where: ["reading", "sample 1", "batch 0", "epoch 0", "worker 0"],
    });
    // No thread waits for it any longer, persistent or not.
    expect(aliveThreads()).toBe(0);
  });

  it.each([
    ["exit", "worker 1 exited unexpectedly with code 3"],
    ["throw", "worker 1 ended by nobody catches this"],
  ] as const)(
    "test_segfault: a worker that always dies (%s) is named at the batch it dies of, and no other is left out",
    async (how, message) => {
      const loader = make(deadly(10, 3, how), { batchSize: 2, numWorkers: 2 });
      expect(await outcomes(loader)).toEqual([[0, 1], died(1), [4, 5], [6, 7], [8, 9]]);
      const [, first] = await outcomes(make(deadly(10, 3, how), { batchSize: 2, numWorkers: 2 }));
      expect((first as Error).message).toBe(message);
    },
  );

  it("test_partial_workers: leaving early ends the workers, or leaves kept ones idle", async () => {
    const loader = make(range(100), { batchSize: 2, numWorkers: 2 });
    for await (const { step } of loader) if (step === 10) break;
    expect(aliveThreads()).toBe(persistent ? 2 : 0);
    // The next epoch is whole.
    expect((await list(loader)).length).toBe(50);
  });

  describe.each(["map-style", "iterable"])("%s", (kind) => {
    const open = (numWorkers: number) => {
      const cell = sharedCell();
      const dataset = kind === "iterable" ? exitingStream(20, cell) : exiting(20, cell);
      const loader = make<number>(dataset, {
        collate,
        numWorkers,
        ...(numWorkers > 0 && { workerInit: setWorker }),
      });
      return { cell, loader };
    };
    /** What the loop over an epoch throws, if anything. */
    const run = async (loader: DataLoader<number>, act: (step: number) => void) => {
      try {
        for await (const batch of loader as AsyncIterable<Batch>) act(batch.step);
      } catch (error) {
        return error;
      }
      return undefined;
    };

    it.each([0, 2])("test_proper_exit: at the end, %i workers", async (numWorkers) => {
      expect(await run(open(numWorkers).loader, () => undefined)).toBeUndefined();
    });

    it.each([0, 2])("test_proper_exit: by an error of the loop, %i workers", async (numWorkers) => {
      const error = new Error("Loader error");
      const act = (step: number) => {
        if (step === 2) throw error;
      };
      expect(await run(open(numWorkers).loader, act)).toBe(error);
    });

    it.each([
      [
        "an error in a worker",
        1,
        { code: "SAMPLE_FAILED", message: expect.stringContaining("Worker error") },
      ],
      ["the death of a worker", 2, { code: "WORKER_DIED" }],
    ])(
      "test_proper_exit: by %s, and what is left of the workers ends with the loader",
      async (_name, value, expected) => {
        const { cell, loader } = open(2);
        expect(await run(loader, (step) => void (step === 2 && Atomics.store(cell, 0, value)))).toMatchObject(
          expected,
        );
        // Iteration could go on after such an error, so its workers wait for that.
        await loader.close();
        expect(aliveThreads()).toBe(0);
      },
    );

    it.skipIf(persistent)(
      "test_proper_exit: nobody holds the iterator any more, and its workers end",
      async () => {
        const { cell, loader } = open(2);
        await run(loader, (step) => void (step === 2 && Atomics.store(cell, 0, 1)));
        await collectGarbage();
        expect(aliveThreads()).toBe(0);
      },
    );
  });

  // Without `close`, and with an iterator that nobody returns: the program must still end by itself.
  it("test_proper_exit: a program ends by itself, however it leaves its loaders", {
    timeout: 240_000,
  }, async () => {
    const expected = {
      end: { code: 0, stderr: expect.not.stringContaining("Error") },
      break: { code: 0, stderr: "" },
      abandon: { code: 0, stderr: "" },
      error: { code: 1, stderr: expect.stringContaining("Loader error") },
      kill: { code: "SIGKILL", stderr: "" },
    };
    const ways = Object.keys(expected);
    const results = [];
    for (let i = 0; i < ways.length; i += 2)
      results.push(...(await Promise.all(ways.slice(i, i + 2).map((way) => program(way, persistent)))));
    expect(Object.fromEntries(results)).toEqual(expected);
  });

  it("test_large_sampler_indices: an error of the loop, with large batches under way", async () => {
    const loader = make(empties(10_000_000), { batchSize: 40_960, numWorkers: 1 });
    const loop = async () => {
      for await (const { data } of loader) {
        expect(data).toMatchObject({ shape: [40_960, 0] });
        throw new Error("My Error");
      }
    };
    await expect(loop()).rejects.toThrow("My Error");
  });

  it("test_multiple_dataloaders: interleaved, with 1 and with 2 workers", async () => {
    const [one, two] = [1, 2].map((numWorkers) => make(range(6), { numWorkers })[Symbol.asyncIterator]());
    const seen: number[] = [];
    for (const epoch of [one, one, two, two, one, two])
      seen.push((await epoch.next()).value?.indices[0] as number);
    expect(seen).toEqual([0, 1, 0, 1, 2, 2]);
    await Promise.all([one.return?.(), two.return?.()]);
  });

  it.skipIf(process.platform !== "linux")(
    "test_fd_limit_exceeded: batches that are kept open no file, so there is no limit to exceed",
    async () => {
      const files = () => readdirSync("/proc/self/fd").length;
      const kept: unknown[] = [];
      const opened: number[] = [];
      for await (const batch of make(countingStream(200), { numWorkers: 1 })) {
        kept.push(batch);
        opened.push(files());
      }
      expect(kept).toHaveLength(200);
      expect(Math.max(...opened) - opened[0]).toBeLessThan(20);
    },
  );
});

describe("TestDataLoaderPersistentWorkers, alone", () => {
  const make = loaders(true);

  it("test_early_exit: kept workers that are left early are used again, and end when they are closed", async () => {
    const loader = make(countingStream(64), { batchSize: 16, numWorkers: 2 });
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const { step } of loader) {
        expect(step).toBe(0);
        break;
      }
    }
    expect(aliveThreads()).toBe(2);
    await loader.close();
    expect(aliveThreads()).toBe(0);
  });
});

/** How a program that leaves its loaders in some way ends, within 20 seconds. */
function program(
  way: string,
  persistent: boolean,
): Promise<readonly [string, { code: unknown; stderr: string }]> {
  const file = fileURLToPath(new URL("./fixtures/proper-exit.mjs", import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--no-warnings", file, way, String(persistent)],
      { timeout: 180_000 },
      (_error, _stdout, stderr) => resolve([way, { code: child.signalCode ?? child.exitCode, stderr }]),
    );
  });
}

/** Until no thread is left, or half a minute. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const deadline = performance.now() + 30_000;
  while (aliveThreads() > 0 && performance.now() < deadline) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
