/** The spec of a project without data: a toy problem that is made on the fly, and that no straight line solves. */
import { noted } from "./commented.js";
import type { ProjectPlan } from "./plan.js";

const spec = {
  seed: 7,
  source: noted(
    { use: "generated", with: { problem: "spirals", length: 1500, classes: 3, noise: 0.05 } },
    "three arms of a spiral in the plane, made on the fly; put your own source here: `millrace plugins source`",
  ),
  split: { train: 0.8, validation: 0.2, stratifyBy: "label" },
  loader: { batchSize: 32, shuffle: true },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "dense", units: 64, activation: "relu" },
        { type: "dense", units: 64, activation: "relu" },
        { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
      ],
    },
  },
  trainer: {
    use: "tfjs",
    with: {
      epochs: 30,
      metrics: noted(
        ["accuracy", "confusionMatrix"],
        "to beat: always saying the same arm is right for 33.3 %",
      ),
      optimizer: { type: "adam", learningRate: 0.01 },
      saveModel: "best",
    },
  },
};

export const examplePlan: ProjectPlan = {
  spec,
  found: ["no --from: a toy problem, three arms of a spiral"],
  decisions: [],
  baseline: "always saying the same arm is right for 33.3 %",
  files: { "new.jsonl": '{"features": [0.5, 0.1]}\n{"features": [-0.4, 0.6]}\n' },
  question: "new.jsonl",
  packages: {},
};
