/** The package's plugins, held against the laws of their kinds. */
import { type Dataset, fromArray } from "@millrace/core";
import { testModel, testTrainer } from "@millrace/core/testing";
import "@tensorflow/tfjs-backend-cpu";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadEngine } from "./engine.js";
import layers from "./models/layers.js";
import tfjs from "./trainer.js";

const options = {
  layers: [
    { type: "dense", units: 4, activation: "relu" },
    { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
  ],
};
const labels = ["below", "above"];

testModel({
  plugin: layers,
  options,
  engine: "tfjs",
  library: async () => {
    const engine = await loadEngine();
    await engine.setBackend("cpu");
    return engine;
  },
  input: { shape: [3], dtype: "float32", labels },
  outputShape: [2],
  inspect(built) {
    const model = built as LayersModel;
    const outputShape = model.outputs[0].shape.slice(1);
    const weights = model.getWeights().map((weight) => weight.dataSync());
    model.dispose();
    return { outputShape, weights };
  },
});

/** Points, and whether the sum of their coordinates is above 0. */
function points(count: number, from: number): Dataset {
  return fromArray(
    Array.from({ length: count }, (_, i) => {
      const x = Float32Array.from({ length: 3 }, (_value, axis) => Math.sin((from + i) * 3 + axis * 7));
      return { x, label: x.reduce((sum, value) => sum + value, 0) > 0 ? 1 : 0 };
    }),
  );
}

testTrainer({
  plugin: tfjs,
  options: {
    epochs: 4,
    device: "cpu",
    metrics: ["accuracy"],
    optimizer: { type: "adam", learningRate: 0.05 },
  },
  model: () => layers.create(layers.options.parse(options), { baseUrl: new URL("file:///"), seed: 7 }),
  train: points(48, 0),
  validation: points(20, 100),
  facts: { labels },
  invalidOptions: [{ name: "no epoch", options: { epochs: 0 }, message: /epochs/ }],
});
