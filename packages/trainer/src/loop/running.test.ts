import { describe, expect, it } from "vitest";
import { memorySource } from "../../test/batches.js";
import { bars, plane } from "../../test/tasks.js";
import { barsRun, type Run, weightsOf, withRun } from "../../test/train.js";
import { loadEngine } from "../engine.js";

describe("a training run", () => {
  it("keeps the number of tensors flat, and leaves none behind", async () => {
    const tf = await loadEngine();
    await withRun(barsRun({ count: 20 }), () => {});
    const before = tf.memory().numTensors;
    const during: number[] = [];
    const onEvent: Run["onEvent"] = (event) => {
      if (event.type === "step") during.push(tf.memory().numTensors);
    };
    await withRun(barsRun({ onEvent }), () => {});
    // The optimizer makes its variables in the first step.
    expect(new Set(during.slice(1)).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(["wasm", "cpu"] as const)(
    "gives a batch back before its step on %s, and is not disturbed",
    async (device) => {
      const run = barsRun({ options: { device, epochs: 1 } });
      const train = memorySource(bars(64), 16);
      const leased: number[] = [];
      const onEvent: Run["onEvent"] = (event) => {
        if (event.type === "step") leased.push(train.leased);
      };
      const losses: number[] = [];
      await withRun({ ...run, data: { train }, onEvent }, ({ result }) => losses.push(result.metrics.loss));
      // The next batch is on its way while the step runs; none other is held.
      expect(Math.max(...leased)).toBeLessThanOrEqual(1);
      expect([train.leased, train.open]).toEqual([0, 0]);
      expect(losses[0]).toBeLessThan(5);
    },
  );

  it("reports the device, the model, every step, every epoch and the saved model", async () => {
    await withRun(barsRun({ count: 40 }), ({ events }) => {
      expect(events[0]).toMatchObject({ type: "device", device: "wasm" });
      expect(events[1]).toMatchObject({ type: "model", parameters: 114 });
      expect(events[1]).toHaveProperty(
        "summary",
        expect.stringMatching(/conv2d_1 +Conv2D +\[6, 6, 4\] +40\n/),
      );
      const steps = events.filter((event) => event.type === "step");
      expect(steps).toHaveLength(12);
      expect(steps[4]).toMatchObject({ epoch: 1, step: 1, steps: 3 });
      const spent = steps.map((step) => Object.values(step.spent ?? {}).reduce((sum, each) => sum + each, 0));
      expect(Object.keys(steps[0].spent ?? {})).toEqual(["forward", "backward", "update", "results"]);
      expect(spent.every((total, i) => total > (spent[i - 1] ?? 0))).toBe(true);
      expect(events.filter(({ type }) => type === "epoch")).toHaveLength(4);
      expect(events.at(-1)).toEqual({ type: "saved", path: "model/model.json" });
    });
  });

  it("measures how long it waited for data and copied it", async () => {
    const slow = { before: () => new Promise<void>((resolve) => setTimeout(resolve, 100)) };
    const data = { train: memorySource(bars(80), 16, slow) };
    await withRun(barsRun({ data, options: { epochs: 2 } }), ({ result }) => {
      expect(result.epochs[1].dataWait).toBeGreaterThan(0.3);
      expect(result.epochs[1].dataWait).toBeLessThanOrEqual(1);
      expect(result.epochs[1].upload).toBeGreaterThan(0);
      expect(result.epochs[1].upload).toBeLessThan(0.5);
    });
  });

  it("keeps plain copies of up to 60 validation samples with what the model says of them", async () => {
    const validation = memorySource(bars(70, 2), 16);
    await withRun(barsRun({ data: { train: memorySource(bars(200), 16), validation } }), ({ result }) => {
      expect(result.predictions).toHaveLength(60);
      const { input } = bars(70, 2);
      for (const prediction of result.predictions) {
        const pixels = input.data.slice(prediction.index * 64, prediction.index * 64 + 64);
        expect(prediction.input).toEqual({ dtype: "uint8", shape: [8, 8, 1], data: pixels });
        expect(prediction.target).toBe(prediction.index % 2);
        expect(prediction.confidence).toBeGreaterThanOrEqual(0.5);
      }
    });
  });

  it("adds what regularizers ask for to the loss", async () => {
    const dense = {
      type: "dense",
      units: 1,
      kernelRegularizer: { className: "L1L2", config: { l1: 0, l2: 10 } },
    };
    const data = { train: memorySource(plane(16), 16) };
    const options = { epochs: 1, loss: "meanSquaredError" } as const;
    const loss = (layers: object[]) =>
      withRun({ layers, data, options }, ({ result }) => result.metrics.loss);
    expect(await loss([dense])).toBeGreaterThan((await loss([{ type: "dense", units: 1 }])) + 0.1);
  });
});

describe("stopping", () => {
  it("finishes the step it is in, saves the model and says so", async () => {
    const controller = new AbortController();
    const onEvent: Run["onEvent"] = (event) => {
      if (event.type === "step" && event.epoch === 1 && event.step === 1) controller.abort();
    };
    const run = barsRun({ signal: controller.signal, onEvent });
    await withRun(run, async ({ result, events, runDir }) => {
      expect(result.stopped).toBe(true);
      expect(result.epochs).toHaveLength(1);
      expect(events.filter(({ type }) => type === "step").at(-1)).toMatchObject({ epoch: 1, step: 1 });
      expect((await weightsOf(runDir)).length).toBe(114 * 4);
      expect(result.predictions).toHaveLength(60);
    });
    const train = run.data.train as ReturnType<typeof memorySource>;
    expect([train.leased, train.open]).toEqual([0, 0]);
  });

  it("does not wait for data that never comes", async () => {
    const controller = new AbortController();
    const stuck = (_: number, step: number) =>
      step === 2 ? new Promise<void>(() => setTimeout(() => controller.abort(), 20)) : undefined;
    const data = { train: memorySource(bars(80), 16, { before: stuck }) };
    await withRun(barsRun({ data, signal: controller.signal }), ({ result }) => {
      expect(result.stopped).toBe(true);
      expect(result.epochs).toEqual([]);
      expect(result.metrics.loss).toBeGreaterThan(0);
    });
  });

  it("raises ABORTED where there is no model to save yet", async () => {
    await expect(withRun(barsRun({ signal: AbortSignal.abort() }), () => {})).rejects.toMatchObject({
      code: "ABORTED",
    });
  });
});
