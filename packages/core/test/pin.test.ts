/** Pinned memory: what the kernel says is locked, and what the loader says about it. */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DataLoader, type Logger, ndarray, TensorDataset } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

let said: string[];
let logger: Logger;
beforeEach(() => {
  said = [];
  const log = (_fields: object, message: string): void => void said.push(message);
  logger = { debug: log, info: log, warn: log, error: log };
});
afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

/** Kilobytes of this process that the kernel holds locked; undefined where it does not say. */
function locked(): number | undefined {
  try {
    const [, text] = /VmLck:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return Number(text);
  } catch {
    return undefined;
  }
}

function mayLock(kilobytes: number): boolean {
  try {
    createRequire(import.meta.url)("koffi");
    if (process.getuid?.() === 0) return locked() !== undefined;
    const limit = execFileSync("sh", ["-c", "ulimit -l"], { encoding: "utf8" }).trim();
    return locked() !== undefined && (limit === "unlimited" || Number(limit) >= kilobytes);
  } catch {
    return false;
  }
}

/** 64 rows of 16 KB: batches of 8 take 128 KB. */
const rows = (): TensorDataset => new TensorDataset(ndarray(new Float32Array(64 * 4096).fill(1), [64, 4096]));
const options = { batchSize: 8, numWorkers: 2, pinMemory: true };

async function inProcess(
  args: readonly string[],
  execArgv: string[] = [],
): Promise<{ heard: string[]; batches: number }> {
  const script = fileURLToPath(new URL("./fixtures/pinned-process.mjs", import.meta.url));
  const child = fork(script, args, { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [message] = (await once(child, "message")) as [{ said: string[]; batches: number }];
  await once(child, "exit");
  return { heard: message.said, batches: message.batches };
}

describe("pinMemory", () => {
  it.skipIf(!mayLock(4096))(
    "locks the slots that batches lie in, for as long as the loader lives",
    async () => {
      const before = locked() ?? 0;
      const loader = new DataLoader(rows(), { ...options, persistentWorkers: true, logger });
      expect(locked()).toBe(before);
      for (let epoch = 0; epoch < 3; epoch++) {
        for await (const batch of loader) {
          expect(batch.data[0].data.every((value) => value === 1)).toBe(true);
          batch.release();
        }
      }
      const during = (locked() ?? 0) - before;
      expect(during).toBeGreaterThanOrEqual(4 * 128);
      // Each of two workers has the slots of its batches ahead, and one that is being read; a quarter more than a batch each.
      expect(during).toBeLessThan(6 * 1.5 * 128 + 64);
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(
        /^pinMemory: batches are (registered with the CUDA driver|locked by mlock, for CUDA is not to be had \(.+\))/,
      );
      await loader.close();
      expect(locked()).toBe(before);
    },
  );

  it.skipIf(!mayLock(4096))("gives back what it locked when workers end with the epoch", async () => {
    const before = locked();
    const loader = new DataLoader(rows(), { ...options, logger });
    for (let epoch = 0; epoch < 2; epoch++) for await (const batch of loader) batch.release();
    expect(locked()).toBe(before);
    await loader.close();
  });

  it.skipIf(!mayLock(16_384))("keeps no memory locked for batches that were never released", async () => {
    const before = locked() ?? 0;
    const loader = new DataLoader(rows(), { ...options, persistentWorkers: true, logger });
    for (let epoch = 0; epoch < 10; epoch++)
      for await (const batch of loader) expect(batch.epoch).toBe(epoch);
    for (let i = 0; i < 20 && (locked() ?? 0) - before > 2048; i++) {
      collect();
      await setTimeout(20);
    }
    expect((locked() ?? 0) - before).toBeLessThan(2048);
    await loader.close();
    expect(locked()).toBe(before);
  });

  it.skipIf(process.getuid?.() !== 0 || !mayLock(1))("says which limit forbids it, and goes on", async () => {
    const { heard, batches } = await inProcess(["unprivileged"]);
    expect(batches).toBe(8);
    expect(heard[0]).toMatch(/the limit is \d+ KB$/);
    expect(heard[1]).toMatch(
      /^pinMemory: batches are not page-locked, or not all of them: mlock failed with ENOMEM: this process may lock \d+ KB; raise it with `ulimit -l`/,
    );
    expect(heard).toHaveLength(2);
  });

  it("says that koffi is missing, and goes on", async () => {
    const hook = fileURLToPath(new URL("./fixtures/without-koffi.cjs", import.meta.url));
    const { heard, batches } = await inProcess([], ["--require", hook]);
    expect(batches).toBe(8);
    expect(heard).toEqual([
      expect.stringMatching(
        /not page-locked, or not all of them: koffi cannot be loaded \(Cannot find module 'koffi'\); install it with `npm install koffi`$/,
      ),
    ]);
  });

  it("says that batches made in this thread are not locked", async () => {
    const before = locked();
    const loader = new DataLoader(rows(), { batchSize: 8, pinMemory: true, logger });
    for await (const batch of loader) batch.release();
    expect(locked()).toBe(before);
    expect(said).toEqual([
      "pinMemory: batches are not page-locked, or not all of them: batches made in this thread (numWorkers: 0) lie in ordinary memory",
    ]);
    await loader.close();
  });

  it("says a thing once to each logger, however many loaders there are", async () => {
    for (let i = 0; i < 3; i++)
      await new DataLoader(rows(), { batchSize: 8, pinMemory: true, logger }).close();
    expect(said).toHaveLength(1);
  });
});
