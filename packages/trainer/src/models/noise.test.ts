import type { Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { buildLayers } from "./layers.js";
import { takeOverNoise } from "./noise.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

const noisy: Record<string, object[]> = {
  dropout: [{ type: "dropout", rate: 0.5 }],
  "two dropouts": [
    { type: "dropout", rate: 0.3 },
    { type: "dropout", rate: 0.3 },
  ],
  spatialDropout1d: [{ type: "spatialDropout1d", rate: 0.5 }],
  gaussianNoise: [{ type: "gaussianNoise", stddev: 1 }],
  gaussianDropout: [{ type: "gaussianDropout", rate: 0.5 }],
  alphaDropout: [{ type: "alphaDropout", rate: 0.5 }],
  "lstm with dropout": [
    { type: "lstm", units: 5, dropout: 0.5, recurrentDropout: 0.3, returnSequences: true },
  ],
  "gru with dropout": [{ type: "gru", units: 5, dropout: 0.5, returnSequences: true }],
  "simpleRNN with dropout": [{ type: "simpleRNN", units: 5, dropout: 0.5, returnSequences: true }],
  "attention with dropout": [{ type: "multiHeadAttention", numHeads: 2, dropout: 0.5 }],
  "a transformer block with dropout": [
    { type: "dense", units: 8 },
    { type: "transformerBlock", numHeads: 2, dropout: 0.5 },
  ],
  "a wrapped dropout": [{ type: "timeDistributed", layer: { type: "dropout", rate: 0.5 } }],
};

const build = (layers: object[]) =>
  buildLayers(tf, layers as { type: string }[], { shape: [6, 8], dtype: "float32" }, 1);

function outputsAt(layers: object[], seed: number, steps: number[], training = true): string[] {
  const model = build(layers);
  const noise = takeOverNoise(tf, model, seed);
  const outputs = steps.map((step) => {
    noise.atStep(step);
    return tf.tidy(() =>
      String((model.call(tf.ones([4, 6, 8]), { training }) as Tensor[]).map((t) => t.dataSync())),
    );
  });
  model.dispose();
  return outputs;
}

describe("noise while training", () => {
  it.each(Object.keys(noisy))("depends on seed and step alone: %s", (name) => {
    const [first, second] = outputsAt(noisy[name], 1, [0, 1]);
    expect(second).not.toBe(first);
    expect(outputsAt(noisy[name], 1, [1, 0])).toEqual([second, first]);
    expect(outputsAt(noisy[name], 2, [0])).not.toEqual([first]);
  });

  it.each(Object.keys(noisy))("is off when the model is measured: %s", (name) => {
    const [first, second] = outputsAt(noisy[name], 1, [0, 1], false);
    expect(second).toBe(first);
  });

  it("differs from layer to layer", () => {
    const model = build(noisy["two dropouts"]);
    takeOverNoise(tf, model, 1).atStep(0);
    const [first, second] = model.layers as unknown as { seed: number }[];
    expect(first.seed).not.toBe(second.seed);
    model.dispose();
  });

  it("keeps mean and deviation with alphaDropout", () => {
    const model = build(noisy.alphaDropout);
    takeOverNoise(tf, model, 1).atStep(0);
    const [mean, variance] = tf.tidy(() => {
      const x = tf.randomNormal([2000, 6, 8], 0, 1, "float32", 2);
      const moments = tf.moments((model.call(x, { training: true }) as Tensor[])[0]);
      return [moments.mean.dataSync()[0], moments.variance.dataSync()[0]];
    });
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    model.dispose();
  });

  it.each(Object.keys(noisy))("leaves the model as it was built: %s", (name) => {
    const model = build(noisy[name]);
    const before = JSON.stringify(model.toJSON());
    const noise = takeOverNoise(tf, model, 1);
    noise.atStep(3);
    noise.restore();
    expect(JSON.stringify(model.toJSON())).toBe(before);
    model.dispose();
  });
});
