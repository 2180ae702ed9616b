import { spawn } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../test/fixtures/run.mjs", import.meta.url));
const perEpoch = 8;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-fort "));
});
afterEach(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs the fixture in a process; `killAfter` kills it from outside after so many milliseconds. */
async function run(words: object, killAfter?: number): Promise<Ended> {
  const child = spawn(process.execPath, [script, JSON.stringify(words)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on("close", (...ended) => resolve(ended));
  });
  clearTimeout(timer);
  return { code, signal, lines: out.trimEnd().split("\n"), errors };
}

const options = (device: "wasm" | "cpu", optimizer: object, more: object = {}) => ({
  device,
  epochs: 4,
  optimizer,
  accumulate: 3,
  averageWeights: { decay: 0.9 },
  clip: { norm: 0.5 },
  metrics: ["accuracy", "f1", "auc"],
  earlyStopping: { patience: 3 },
  checkpoints: { everySteps: 2 },
  ...more,
});

const adam = { type: "adam", learningRate: 0.02 };
const momentum = { type: "momentum", learningRate: 0.05, nesterov: true };
const cosine = { type: "cosine", warmUp: { updates: 3 } };
/** Nothing is ever enough: training ends after four epochs. */
const tired = { minDelta: 10, patience: 2 };
const plateau = { type: "plateau", patience: 0, factor: 0.5, monitor: "accuracy" };

/** All that the end of a run leaves: the model, the averages, and what the optimizer remembers. */
async function left(runDir: string): Promise<Record<string, string>> {
  const last = await readFile(join(runDir, "checkpoints/last.safetensors"));
  const size = Number(last.readBigUInt64LE());
  const model = await readFile(join(runDir, "model/weights.bin"));
  return { arrays: last.subarray(8 + size).toString("hex"), model: model.toString("hex") };
}

function resultOf({ lines }: Ended): { epochs: object[]; metrics: object; endedBy: string } {
  const { epochs, ...rest } = JSON.parse(lines.at(-1)?.slice("result ".length) ?? "") as {
    epochs: { train: object; validation: object }[];
    metrics: object;
    endedBy: string;
  };
  return { ...rest, epochs: epochs.map(({ train, validation }) => ({ train, validation })) };
}

const steps = ({ lines }: Ended): string[] => lines.filter((line) => line.startsWith("step"));

describe("a run that was killed and resumed", () => {
  it.each([
    ["wasm", "adam, warm-up and cosine", options("wasm", adam, { schedule: cosine }), 0, [1, 3, 7, 8, 13]],
    [
      "wasm",
      "nesterov and plateau",
      options("wasm", momentum, { schedule: plateau, earlyStopping: tired, epochs: 6 }),
      0,
      [9, 28],
    ],
    ["wasm", "two workers", options("wasm", adam, { schedule: cosine }), 2, [3, 21]],
    ["cpu", "adam, warm-up and cosine", options("cpu", adam, { schedule: cosine }), 0, [10, 16]],
  ])(
    "ends bit-identical to the uninterrupted one: %s, %s",
    { timeout: 120_000 },
    async (_, __, spec, workers, points) => {
      const whole = await run({ runDir: join(folder, "whole"), options: spec, workers });
      expect(whole.errors).toBe("");
      const expected = await left(join(folder, "whole"));
      for (const killAt of points) {
        const runDir = join(folder, `killed at ${killAt}`);
        const killed = await run({ runDir, options: spec, workers, killAt });
        expect([killed.signal, steps(killed)]).toEqual(["SIGKILL", steps(whole).slice(0, killAt)]);
        // Killed before its first checkpoint, a run starts anew.
        const resumeFrom = killAt < 3 ? undefined : runDir;
        const resumed = await run({ runDir, options: spec, workers, resumeFrom });
        expect(resumed.errors).toBe("");
        expect(resumed.lines[0].startsWith("resumed ")).toBe(resumeFrom !== undefined);
        expect(steps(whole).slice(-steps(resumed).length)).toEqual(steps(resumed));
        expect(steps(resumed).length).toBeLessThanOrEqual(4 * perEpoch - (killAt < 3 ? 0 : killAt - 2));
        expect(resultOf(resumed)).toEqual(resultOf(whole));
        expect(await left(runDir)).toEqual(expected);
      }
    },
  );

  it("does so after being killed twice, and from outside at any moment", { timeout: 120_000 }, async () => {
    const spec = options("wasm", adam, { schedule: cosine, checkpoints: { everySteps: 1 } });
    const whole = await run({ runDir: join(folder, "whole"), options: spec });
    const runDir = join(folder, "outside");
    let ended = await run({ runDir, options: spec, killAt: 5 });
    for (const killAfter of [800, 1000])
      ended = await run({ runDir, options: spec, resumeFrom: runDir }, killAfter);
    ended = await run({ runDir, options: spec, resumeFrom: runDir });
    expect(ended.errors).toBe("");
    expect(resultOf(ended)).toEqual(resultOf(whole));
    expect(await left(runDir)).toEqual(await left(join(folder, "whole")));
  });

  it("goes on exactly after it was stopped by its signal", { timeout: 60_000 }, async () => {
    const spec = options("wasm", adam, { schedule: cosine, checkpoints: {} });
    const whole = await run({ runDir: join(folder, "whole"), options: spec });
    for (const abortAt of [4, perEpoch]) {
      const runDir = join(folder, `stopped at ${abortAt}`);
      expect(resultOf(await run({ runDir, options: spec, abortAt })).endedBy).toBe("signal");
      const resumed = await run({ runDir, options: spec, resumeFrom: runDir });
      expect(resumed.errors).toBe("");
      expect(steps(resumed)).toEqual(steps(whole).slice(abortAt));
      expect(await left(runDir)).toEqual(await left(join(folder, "whole")));
    }
  });

  it("goes on with more epochs where a shorter run ended", { timeout: 60_000 }, async () => {
    const spec = options("wasm", adam);
    const whole = await run({ runDir: join(folder, "whole"), options: spec });
    const runDir = join(folder, "short");
    await run({ runDir, options: { ...spec, epochs: 2 } });
    const longer = await run({ runDir: join(folder, "longer"), options: spec, resumeFrom: runDir });
    expect(steps(longer)).toEqual(steps(whole).slice(2 * perEpoch));
    expect(await left(join(folder, "longer"))).toEqual(await left(join(folder, "whole")));
  });
});

describe("resuming from damaged checkpoints", () => {
  const spec = options("wasm", adam, { epochs: 2 });
  const checkpoint = (name: string): string => join(folder, "checkpoints", name);

  async function damagedRun(damage: (last: string) => Promise<void>): Promise<Ended> {
    await run({ runDir: folder, options: spec, killAt: 13 });
    await damage(checkpoint("last.safetensors"));
    return run({ runDir: folder, options: spec, resumeFrom: folder });
  }

  it.each([
    ["cut off", (last: string) => truncate(last, 900), "instead of|cut off"],
    ["empty", (last: string) => truncate(last, 0), "was 0 bytes"],
    [
      "with one bit changed",
      async (last: string) => {
        const bytes = await readFile(last);
        bytes[bytes.length - 9] ^= 4;
        await writeFile(last, bytes);
      },
      "its digest does not fit",
    ],
    ["of text", (last: string) => writeFile(last, "not a checkpoint at all"), "cut off or damaged"],
  ])(
    "names the last one, which is %s, and takes the one before",
    { timeout: 60_000 },
    async (_, damage, reason) => {
      const resumed = await damagedRun(damage);
      expect(resumed.errors).toBe("");
      const told = JSON.parse(resumed.lines[0].slice("resumed ".length)) as {
        path: string;
        skipped: string[];
      };
      expect(told.path).toBe(checkpoint("previous.safetensors"));
      expect(told.skipped).toHaveLength(1);
      expect(told.skipped[0]).toContain(checkpoint("last.safetensors"));
      expect(told.skipped[0]).toMatch(new RegExp(reason));
      expect(resultOf(resumed).endedBy).toBe("epochs");
    },
  );

  it("names both where neither can be used, and says where there is none", { timeout: 60_000 }, async () => {
    const both = await damagedRun(async (last) => {
      await truncate(last, 100);
      await copyFile(last, checkpoint("previous.safetensors"));
    });
    expect(both.errors).toContain("has no checkpoint that can be used");
    const none = await run({ runDir: folder, options: spec, resumeFrom: join(folder, "elsewhere") });
    expect(none.errors).toContain("elsewhere cannot be read");
  });

  it("refuses another optimizer, model or seed, and says what differs", { timeout: 60_000 }, async () => {
    await run({ runDir: folder, options: spec });
    const other = { ...spec, optimizer: momentum };
    expect((await run({ runDir: folder, options: other, resumeFrom: folder })).errors).toContain(
      "optimizer: was adam, is momentum",
    );
    expect((await run({ runDir: folder, options: spec, resumeFrom: folder, seed: 6 })).errors).toContain(
      "must have the seed 5",
    );
    expect((await readdir(join(folder, "checkpoints"))).sort()).toEqual([
      "best.safetensors",
      "last.safetensors",
      "previous.safetensors",
    ]);
  });
});
