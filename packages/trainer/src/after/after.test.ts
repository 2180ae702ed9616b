/** What is done with a run's model afterwards, against real runs. */
import { rm } from "node:fs/promises";
import type { EvaluateContext, TrainedContext } from "@millrace/core/spec";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { memorySource } from "../../test/batches.js";
import { bars, plane } from "../../test/tasks.js";
import { barsRun, type Finished, finished, layersModel, type Run } from "../../test/train.js";
import { loadEngine } from "../engine.js";
import { evaluate } from "./evaluate.js";
import { predict } from "./predict.js";

describe("a run's model", () => {
  let run: Run;
  let done: Finished;
  beforeAll(async () => {
    run = barsRun({ options: { epochs: 3, averageWeights: { decay: 0.9 } } });
    done = await finished(run);
    return () => rm(done.runDir, { recursive: true });
  });
  const contextWith = (more: Partial<EvaluateContext> = {}): EvaluateContext => ({
    ...done.context,
    batches: run.data.validation ?? run.data.train,
    ...more,
  });

  it("measures as it did at the end of training, bit for bit, from the saved model and from its checkpoint", async () => {
    for (const weights of ["final", "last"] as const) {
      const measured = await evaluate(done.options, contextWith({ weights }));
      expect(measured).toMatchObject({ metrics: done.result.metrics, samples: 70, device: "wasm" });
      expect(measured.tables).toEqual(done.result.tables);
      expect(measured.worst).toEqual(done.result.worst);
    }
  });

  it("says which weights it took", async () => {
    const { weights } = await evaluate(done.options, contextWith());
    expect(weights).toEqual({ choice: "final", path: "model/model.json" });
    const best = await evaluate(done.options, contextWith({ weights: "best" }));
    expect(best.weights).toMatchObject({ choice: "best", path: "checkpoints/best.safetensors" });
    const losses = done.result.epochs.map(({ validation }) => validation?.loss ?? Infinity);
    expect(best.metrics.loss).toBe(Math.min(...losses));
    // A run that was killed saved no model.
    const { modelPath: _, ...killed } = contextWith();
    expect((await evaluate(done.options, killed)).weights).toMatchObject({ choice: "last", epochs: 3 });
  });

  it("names the worst samples of the whole split, the worst first", async () => {
    const { worst, samples } = await evaluate(done.options, contextWith());
    expect(samples).toBeGreaterThan(worst.length);
    const all = await evaluate(done.options, contextWith({ batches: memorySource(bars(70, 2), 1) }));
    expect(worst.map(({ index }) => index)).toEqual(all.worst.map(({ index }) => index));
    const losses = worst.map(({ loss = Number.NaN }) => loss);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    const predictor = await predict(done.options, done.context);
    onTestFinished(() => predictor.close());
    const { input, target } = bars(70, 2);
    const batch = {
      data: { image: input },
      indices: [...target.data.keys()],
      epoch: 0,
      step: 0,
      release: () => {},
    };
    const { kind, shape, data } = await predictor.answer(batch);
    expect({ kind, shape }).toEqual({ kind: "labels", shape: [70, 2] });
    const own = [...target.data].map((label, i) => -Math.log(data[2 * i + label]));
    const highest = [...own.keys()].sort((a, b) => own[b] - own[a]).slice(0, worst.length);
    expect(new Set(worst.map(({ index }) => index))).toEqual(new Set(highest));
  });

  it("stops when it is asked to, and leaves no tensor behind", async () => {
    const tf = await loadEngine();
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const report: TrainedContext["report"] = (event) => event.type === "progress" && controller.abort();
    const stopped = evaluate(done.options, contextWith({ signal: controller.signal, report }));
    await expect(stopped).rejects.toMatchObject({ code: "ABORTED" });
    await evaluate(done.options, contextWith());
    await expect(evaluate(done.options, contextWith({ runDir: "/nowhere" }))).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses weights of another model", async () => {
    const model = await layersModel([{ type: "flatten" }, { type: "dense", units: 2 }]);
    await expect(evaluate(done.options, contextWith({ model }))).rejects.toMatchObject({
      code: "STATE_MISMATCH",
    });
  });
});

it("gives both probabilities of a yes or no, and plain numbers", async () => {
  const labels = ["across", "upright"];
  const data = { train: memorySource(bars(32), 16) };
  const flat = (units: number) => [{ type: "flatten" }, { type: "dense", units }];
  const binary = await finished({
    data,
    labels,
    layers: flat(1),
    options: { epochs: 1, loss: "binaryCrossentropy" },
  });
  const number = await finished({
    data: { train: memorySource(plane(32), 16) },
    layers: [{ type: "dense", units: 1 }],
    options: { epochs: 1, loss: "meanSquaredError" },
  });
  for (const [{ options, context, runDir }, input, kind, width] of [
    [binary, bars(4).input, "labels", 2],
    [number, plane(4).input, "numbers", 1],
  ] as const) {
    const predictor = await predict(options, context);
    const batch = { data: { input }, indices: [0, 1, 2, 3], epoch: 0, step: 0, release: () => {} };
    const { data: values, ...rest } = await predictor.answer(batch);
    expect(rest).toEqual({ kind, shape: [4, width] });
    expect(kind === "labels" ? values[0] + values[1] : 1).toBeCloseTo(1);
    await predictor.close();
    await rm(runDir, { recursive: true });
  }
});
