import { ndarray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { memorySource } from "../../test/batches.js";
import { largest, plane, tokens } from "../../test/tasks.js";
import { barsRun, imageLayers, type Run, weightsOf, withRun } from "../../test/train.js";

describe("the trainer", () => {
  it.each(["wasm", "cpu"] as const)("learns images on %s", async (device) => {
    const run = barsRun({ options: { device, epochs: 6, optimizer: { type: "adam", learningRate: 0.03 } } });
    await withRun(run, ({ result }) => {
      expect(result.device).toBe(device);
      expect(result.metrics.accuracy).toBeGreaterThan(0.97);
      expect(result.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4, 5]);
    });
  });

  it.each([
    { type: "sgd", learningRate: 0.3 },
    { type: "momentum", learningRate: 0.05 },
    { type: "momentum", learningRate: 0.05, nesterov: true },
  ] as const)("learns a plane with $type $nesterov", async (optimizer) => {
    const run: Run = {
      options: { epochs: 30, optimizer, loss: "meanSquaredError" },
      layers: [{ type: "dense", units: 1 }],
      data: { train: memorySource(plane(200), 8, { inputKey: "features" }) },
    };
    await withRun(run, ({ result }) => {
      expect(result.metrics.loss).toBeLessThan(1e-3);
      expect(result.metrics.meanAbsoluteError).toBeLessThan(0.03);
      expect(result.predictions).toHaveLength(60);
      for (const { target, predicted, confidence } of result.predictions) {
        expect(Math.abs(target - predicted)).toBeLessThan(0.1);
        expect(confidence).toBeUndefined();
      }
    });
  });

  it("learns the same whether a model ends in a softmax, a softmax layer or in logits", async () => {
    const endings = [
      [{ type: "dense", units: 3, activation: "softmax" }],
      [{ type: "dense", units: 3 }, { type: "softmax" }],
      [{ type: "dense", units: 3 }],
    ];
    const losses: number[] = [];
    for (const layers of endings) {
      const data = { train: memorySource(largest(120), 8), validation: memorySource(largest(50, 2), 8) };
      await withRun({ layers, data, options: { epochs: 2 } }, ({ result }) => {
        losses.push(result.metrics.loss);
        for (const { confidence } of result.predictions) expect(confidence).toBeGreaterThanOrEqual(1 / 3);
      });
    }
    expect(losses[1]).toBe(losses[0]);
    expect(losses[2]).toBe(losses[0]);
  });

  it("learns yes and no with one sigmoid output", async () => {
    const run = barsRun({
      layers: [...imageLayers.slice(0, -1), { type: "dense", units: 1, activation: "sigmoid" }],
      options: { epochs: 6, loss: "binaryCrossentropy", optimizer: { type: "adam", learningRate: 0.03 } },
    });
    await withRun(run, ({ result }) => {
      expect(result.metrics.accuracy).toBeGreaterThan(0.97);
      expect(new Set(result.predictions.map(({ predicted }) => predicted))).toEqual(new Set([0, 1]));
    });
  });

  it.each(["globalAveragePooling1d", "lstm"])(
    "learns token ids through an embedding and %s",
    async (type) => {
      const run: Run = {
        options: { epochs: 12, optimizer: { type: "adam", learningRate: 0.03 } },
        layers: [
          { type: "embedding", inputDim: 10, outputDim: 4 },
          type === "lstm" ? { type, units: 6 } : { type },
          { type: "dense", units: 2 },
        ],
        data: { train: memorySource(tokens(160), 16, { inputKey: "tokens" }) },
      };
      await withRun(run, ({ result }) => {
        expect(result.metrics.accuracy).toBeGreaterThan(0.95);
        expect(result.predictions[0].input).toMatchObject({ dtype: "int32", shape: [6] });
      });
    },
  );

  it("learns from a probability for each label", async () => {
    const { input, target } = largest(150);
    const oneHot = new Float32Array(450);
    target.data.forEach((label, i) => {
      oneHot[i * 3 + label] = 1;
    });
    const samples = { input, target: ndarray(oneHot, [150, 3]) };
    const run: Run = {
      options: {
        epochs: 30,
        loss: "categoricalCrossentropy",
        optimizer: { type: "adam", learningRate: 0.03 },
      },
      layers: [{ type: "dense", units: 3, activation: "softmax" }],
      data: { train: memorySource(samples, 10) },
    };
    await withRun(run, ({ result }) => expect(result.metrics.accuracy).toBeGreaterThan(0.9));
  });

  it("gives bit-identical weights and metrics for the same seed, and others for another", async () => {
    const once = (seed: number) =>
      withRun(barsRun({ seed }), async ({ result, runDir }) => ({
        weights: await weightsOf(runDir),
        epochs: result.epochs.map(({ train, validation }) => ({ train, validation })),
      }));
    const [first, again, other] = [await once(1), await once(1), await once(2)];
    expect(again).toEqual(first);
    expect(other.weights.equals(first.weights)).toBe(false);
  });

  it("counts every sample once where the last batch is smaller", async () => {
    const { input, target } = plane(10);
    const run = (batchSize: number): Run => ({
      // A learning rate this small leaves the weights as they are, so that all batch sizes measure the same model.
      options: { epochs: 1, loss: "meanSquaredError", optimizer: { type: "sgd", learningRate: 1e-30 } },
      layers: [{ type: "dense", units: 1 }],
      data: {
        train: memorySource({ input, target }, batchSize),
        validation: memorySource({ input, target }, batchSize),
      },
    });
    const whole = await withRun(run(10), ({ result }) => result.epochs[0]);
    const uneven = await withRun(run(4), ({ result }) => result.epochs[0]);
    expect(uneven.train.loss).toBeCloseTo(whole.train.loss, 5);
    expect(uneven.validation?.loss).toBeCloseTo(whole.train.loss, 5);
  });
});
