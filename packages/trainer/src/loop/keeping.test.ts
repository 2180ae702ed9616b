/** What a run keeps: averages, checkpoints, the batch that broke it, and no tensor. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { MillraceError } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { distance, numbersOf, type Options, planeRun, stepsOf, weightsAfter } from "../../test/plane.js";
import { memorySource } from "../../test/batches.js";
import { bars } from "../../test/tasks.js";
import { barsRun, type Ran, type Run, weightsOf, withRun } from "../../test/train.js";
import { decodeTensors } from "@millrace/core";
import { loadEngine } from "../engine.js";

describe("averaged weights", () => {
  it("are what is validated and saved, and leave training as it is", async () => {
    const plain = planeRun({ epochs: 3 });
    const averaged = planeRun({ epochs: 3, averageWeights: { decay: 0.95 } });
    const measure = (run: Run) =>
      withRun(run, async (ran) => ({
        losses: stepsOf(ran).map(({ loss }) => loss),
        validation: ran.result.epochs.map(({ validation }) => validation?.loss),
        weights: await numbersOf(ran.runDir),
        metrics: ran.result.metrics,
      }));
    const own = await measure(plain);
    const ema = await measure(averaged);
    expect(ema.losses).toEqual(own.losses);
    expect(ema.validation).not.toEqual(own.validation);
    expect(distance(ema.weights, own.weights)).toBeGreaterThan(1e-3);
    expect(ema.metrics.loss).toBe(ema.validation.at(-1));
  });
});

describe("checkpoints", () => {
  const names = async ({ runDir }: Ran): Promise<string[]> =>
    (await readdir(join(runDir, "checkpoints")).catch(() => [])).toSorted((a, b) => a.localeCompare(b));

  it("are the last two and the best, and none where they are turned off", async () => {
    await withRun(planeRun({}), async (ran) => {
      expect(await names(ran)).toEqual(["best.safetensors", "last.safetensors", "previous.safetensors"]);
    });
    await withRun(planeRun({ checkpoints: { best: false }, epochs: 1 }), async (ran) => {
      expect(await names(ran)).toEqual(["last.safetensors"]);
    });
    await withRun(planeRun({ checkpoints: false }), async (ran) => expect(await names(ran)).toEqual([]));
  });

  it("give back the best weights where a run is stopped between the batches of an update", async () => {
    const controller = new AbortController();
    const train = memorySource(bars(64), 16, {
      before: (epoch, step) => {
        if (epoch === 1 && step === 3) controller.abort();
      },
    });
    const options: Options = { epochs: 3, accumulate: 2, saveModel: "best" };
    const run = barsRun({ options, data: { train, validation: memorySource(bars(16, 2), 16) } });
    const best = barsRun({
      ...run,
      options: { ...options, epochs: 1 },
      data: { ...run.data, train: memorySource(bars(64), 16) },
    });
    const expected = await withRun(best, ({ runDir }) => weightsOf(runDir));
    await withRun({ ...run, signal: controller.signal }, async ({ runDir, result }) => {
      expect(result.stopped).toBe(true);
      expect((await weightsOf(runDir)).equals(expected)).toBe(true);
    });
  });

  it.each([
    ["waits for data", 5, 30],
    ["learns", 5, 0],
  ])("are named in the result, also where the signal comes while the step %s", async (_name, at, wait) => {
    const controller = new AbortController();
    const train = memorySource(bars(200), 16, {
      before: async (epoch, step) => {
        if (epoch !== 0 || step !== at) return;
        await sleep(wait);
        controller.abort();
        await sleep(wait);
      },
    });
    const whole = await withRun(barsRun({ options: { epochs: 2 } }), ({ runDir }) => weightsOf(runDir));
    const run = barsRun({ options: { epochs: 2 }, data: { train }, signal: controller.signal });
    await withRun(run, async ({ runDir, result }) => {
      expect(result).toMatchObject({ stopped: true, checkpoint: "checkpoints/last.safetensors" });
      const rest = {
        options: { epochs: 2 },
        data: { train: memorySource(bars(200), 16) },
        resumeFrom: runDir,
      };
      const weights = await withRun(barsRun(rest), (ran) => weightsOf(ran.runDir));
      expect(weights.equals(whole)).toBe(true);
    });
  });

  it.each([
    ["with a validation split", true],
    ["without one", false],
  ])("tell a run that goes on from its own end what it came to, %s", async (_name, validates) => {
    const data = {
      train: memorySource(bars(200), 16),
      ...(validates && { validation: memorySource(bars(70, 2), 16) }),
    };
    const options = { epochs: 4, maxSteps: 17 };
    await withRun(barsRun({ options, data }), async ({ runDir, result }) => {
      expect(result.epochs).toHaveLength(2);
      const again = { options, data, resumeFrom: runDir };
      await withRun(barsRun(again), (ran) => {
        expect(ran.result).toMatchObject({ endedBy: "maxSteps", metrics: result.metrics });
        expect(ran.result.epochs).toEqual(result.epochs);
        expect(ran.events.filter(({ type }) => type === "epoch")).toMatchObject([{ epoch: 1 }]);
      });
      const rest = { options: { ...options, maxSteps: 30 }, data };
      const whole = await withRun(barsRun(rest), (ran) => weightsOf(ran.runDir));
      await withRun(barsRun({ ...rest, resumeFrom: runDir }), async (ran) => {
        expect((await weightsOf(ran.runDir)).equals(whole)).toBe(true);
        expect(ran.result.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
      });
    });
  });

  it("are not named where there are none", async () => {
    await withRun(planeRun({ checkpoints: false, epochs: 1 }), ({ result }) => {
      expect(result).not.toHaveProperty("checkpoint");
    });
  });

  it("keep the best epoch by what is watched, whose weights can become the model", async () => {
    // Upwards is better: the first epoch is the best of a loss that falls.
    const best = { monitor: "loss", mode: "max" } as const;
    const first = await weightsAfter(planeRun({ epochs: 1 }));
    await withRun(
      planeRun({ epochs: 4, checkpoints: { best }, saveModel: "best" }),
      async ({ runDir, result }) => {
        expect(await numbersOf(runDir)).toEqual(first);
        expect(result.metrics).toEqual(result.epochs[0].validation);
      },
    );
    expect(
      distance(first, await weightsAfter(planeRun({ epochs: 4, checkpoints: { best } }))),
    ).toBeGreaterThan(1e-3);
  });

  it("can be read as safetensors by anyone", async () => {
    await withRun(planeRun({}), async ({ runDir }) => {
      const path = join(runDir, "checkpoints/last.safetensors");
      const bytes = await readFile(path);
      const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString()) as object;
      expect(header).toHaveProperty(["model/0/dense_0/kernel", "shape"], [2, 1]);
      const { arrays } = decodeTensors(bytes, path, "checkpoint");
      expect([...arrays["model/0/dense_0/kernel"].data]).toEqual((await numbersOf(runDir)).slice(0, 2));
    });
  });
});

describe("a loss that is not finite", () => {
  it("leaves the batch in a file, with its indices, inputs and targets as they were", async () => {
    const runDir = await mkdtemp(join(tmpdir(), "millrace-nicht endlich "));
    const run: Run = barsRun({
      runDir,
      options: { epochs: 3, optimizer: { type: "sgd", learningRate: 1e18 }, loss: "meanSquaredError" },
      layers: [{ type: "flatten" }, { type: "dense", units: 1 }],
    });
    const error = await withRun(run, () => {}).catch((thrown: unknown) => thrown as MillraceError);
    expect(error).toMatchObject({ code: "TRAINING_DIVERGED" });
    const path = error?.where[1] ?? "";
    expect(error?.hint).toContain(`kept in ${basename(path)}`);
    const { state, arrays } = decodeTensors(await readFile(path), path, "checkpoint");
    const { step, indices, loss } = state as { step: number; indices: number[]; loss: string };
    expect(basename(path)).toBe(`diverged-epoch-0-step-${step}.safetensors`);
    expect(indices).toEqual(Array.from({ length: 16 }, (_, i) => step * 16 + i));
    expect(loss).toMatch(/^(NaN|Infinity)$/);
    const { input, target } = bars(200);
    expect(arrays.input).toEqual({
      dtype: "uint8",
      shape: [16, 8, 8, 1],
      data: input.data.slice(step * 1024, (step + 1) * 1024),
    });
    expect(arrays.target.data).toEqual(target.data.slice(step * 16, (step + 1) * 16));
    await rm(runDir, { recursive: true });
  });
});

describe("memory", () => {
  it("stays flat with every option on, and nothing is left behind", async () => {
    const tf = await loadEngine();
    const during: number[] = [];
    const options: Options = {
      epochs: 3,
      accumulate: 2,
      optimizer: { type: "adamw" },
      averageWeights: {},
      clip: { norm: 1, value: 1 },
      classWeights: [1, 2],
      checkpoints: { everySteps: 3 },
      metrics: ["accuracy", "topK", "precision", "recall", "f1", "auc", "confusionMatrix", "perplexity"],
    };
    await withRun(barsRun({ count: 20 }), () => {});
    const before = tf.memory().numTensors;
    const onEvent: Run["onEvent"] = (event) =>
      void (event.type === "step" && during.push(tf.memory().numTensors));
    await withRun(barsRun({ options, onEvent }), async ({ result, runDir }) => {
      expect(result.tables?.[0]).toMatchObject({ name: "confusionMatrix", rowNames: ["across", "upright"] });
      const cells = result.tables?.[0].rows.flat() ?? [];
      expect(cells.reduce((sum, count) => sum + count, 0)).toBe(70);
      expect(Object.keys(result.metrics).join(" ")).toBe(
        "loss accuracy topK precision recall f1 auc perplexity",
      );
      expect((await weightsOf(runDir)).length).toBe(114 * 4);
    });
    expect(new Set(during).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });
});
