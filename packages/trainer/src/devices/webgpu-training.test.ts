import { ndarray } from "@millrace/core";
import type { BatchSource } from "@millrace/core/spec";
import { describe, expect, it } from "vitest";
import { memorySource, type Samples } from "../../test/batches.js";
import { bars, largest, plane, tokens } from "../../test/tasks.js";
import { barsRun, imageLayers, type Run, weightsOf, withRun } from "../../test/train.js";
import { findVulkan } from "../../test/vulkan.js";
import { loadEngine } from "../engine.js";
import { chooseDevice } from "./choose.js";
import type { DeviceName } from "./device.js";

const vulkan = await findVulkan();
const isGpu =
  vulkan !== undefined && (await chooseDevice(await loadEngine(), "webgpu")).reason.includes("a GPU");
/** A software adapter on a busy machine takes seconds for a step: there it has to do with fewer. */
const [steps, limits] = isGpu ? [20, {}] : [4, { maxSteps: 4 }];
const minutes = 10 * 60_000;
const answers = { type: "dense", units: { from: "labels.count" }, activation: "softmax" };
const image = { train: memorySource(bars(160), 16), validation: memorySource(bars(20, 2), 16) };
const upright = ["across", "upright"];
const sequences = (...lengths: number[]): Run["data"] => ({
  train: inTurn(lengths.map((length) => cut(tokens(32, length), length))),
});

/** What a device has of its own in a run of training: each is run there and on the CPU. */
const runs: Record<string, Run> = {
  "a dense model with AdamW": {
    layers: [{ type: "dense", units: 16, activation: "relu" }, answers],
    options: { optimizer: { type: "adamw", learningRate: 0.01, weightDecay: 0.1 } },
    data: { train: memorySource(largest(160), 16, { inputKey: "features" }) },
    labels: ["first", "second", "third"],
  },
  "convolutions with dropout and momentum": {
    layers: imageLayers,
    options: { optimizer: { type: "momentum", learningRate: 0.05, nesterov: true } },
    data: image,
    labels: upright,
  },
  "batch normalization, strides and global pooling": {
    layers: [
      { type: "rescaling", scale: 1 / 255 },
      { type: "conv2d", filters: 8, kernelSize: 3, padding: "same", useBias: false },
      { type: "batchNormalization" },
      { type: "reLU" },
      { type: "conv2d", filters: 8, kernelSize: 3, strides: 2, padding: "same" },
      { type: "batchNormalization" },
      { type: "activation", activation: "gelu" },
      { type: "globalAveragePooling2d" },
      answers,
    ],
    options: { optimizer: { type: "adam", learningRate: 0.01 } },
    data: image,
    labels: upright,
  },
  "an LSTM over embeddings, gradients clipped by their norm": {
    layers: [
      { type: "embedding", inputDim: 10, outputDim: 4 },
      { type: "lstm", units: 6 },
      { type: "dense", units: 2 },
    ],
    options: { optimizer: { type: "adam", learningRate: 0.01 }, clip: { norm: 0.1 } },
    data: { train: memorySource(tokens(160), 16, { inputKey: "tokens" }) },
  },
  "a GRU over batches of many lengths, the last one smaller": {
    layers: [
      { type: "embedding", inputDim: 10, outputDim: 4, maskZero: true },
      { type: "gru", units: 6 },
      { type: "dense", units: 2 },
    ],
    options: { optimizer: { type: "rmsprop", learningRate: 0.01 } },
    data: sequences(6, 3, 5, 1, 4, 6, 2, 3),
  },
  "batches gathered three at a time, gradients clipped by value": {
    layers: imageLayers,
    options: { accumulate: 3, clip: { value: 0.01 }, optimizer: { type: "adam", learningRate: 0.02 } },
    data: image,
    labels: upright,
  },
  "averaged weights, and classes that count differently": {
    layers: imageLayers,
    options: {
      averageWeights: { decay: 0.9 },
      classWeights: [1, 3],
      metrics: ["accuracy", "f1", "auc"],
      optimizer: { type: "sgd", learningRate: 0.1 },
    },
    data: image,
    labels: upright,
  },
  "numbers with a Huber loss": {
    layers: [
      { type: "dense", units: 8, activation: "tanh" },
      { type: "layerNormalization" },
      { type: "dense", units: 1 },
    ],
    options: { loss: "huber", optimizer: { type: "adagrad", learningRate: 0.1 } },
    data: { train: memorySource(plane(160), 16, { inputKey: "features" }) },
  },
};

async function learn(run: Run, device: DeviceName) {
  const losses: number[] = [];
  const tf = await loadEngine();
  const memory: object[] = [];
  const metrics = await withRun(
    {
      ...run,
      options: { epochs: Math.ceil(steps / run.data.train.length), ...run.options, device },
      onEvent: (event) => {
        if (event.type === "step") losses.push(event.loss);
        if (event.type === "epoch") memory.push(tf.memory());
      },
    },
    ({ result }) => result.metrics,
  );
  return { losses, metrics, memory };
}

describe.skipIf(vulkan === undefined)("training on webgpu", () => {
  it.each(Object.keys(runs))(
    "has the losses of the CPU, step by step: %s",
    async (name) => {
      const run = { ...runs[name], options: { ...runs[name].options, ...limits } };
      const actual = await learn(run, "webgpu");
      const expected = await learn(run, "cpu");
      expect(actual.losses.length).toBeGreaterThanOrEqual(steps);
      expect(furthest(actual.losses, expected.losses)).toBeLessThan(1e-3);
      const values = (metrics: object): number[] => Object.values(metrics).filter(Number.isFinite);
      expect(furthest(values(actual.metrics), values(expected.metrics))).toBeLessThan(1e-3);
    },
    minutes,
  );

  it.each(Object.keys(runs).filter((_, i) => isGpu || i % 3 === 1))(
    "needs no more memory from epoch to epoch: %s",
    async (name) => {
      const options = { ...runs[name].options, epochs: 4, overfitBatches: 2 };
      const { memory } = await learn({ ...runs[name], options }, "webgpu");
      expect(memory).toHaveLength(4);
      // What the first two epochs allocated is used again.
      for (const later of memory.slice(2)) expect(later).toEqual(memory[1]);
    },
    minutes,
  );

  it(
    "goes on from a checkpoint to the weights of a run that was not interrupted",
    async () => {
      const options = { epochs: 2, optimizer: { type: "adam", learningRate: 0.01 } } as const;
      const whole = barsRun({ options: { ...options, device: "webgpu" }, count: 96 });
      const expected = await withRun(whole, ({ runDir }) => weightsOf(runDir));
      const half = barsRun({ options: { ...options, device: "webgpu", epochs: 1 }, count: 96 });
      const actual = await withRun(half, ({ runDir: resumeFrom }) =>
        withRun({ ...whole, resumeFrom }, ({ runDir }) => weightsOf(runDir)),
      );
      expect(furthest(floats(actual), floats(expected))).toBeLessThan(1e-6);
    },
    minutes,
  );
});

/** The largest distance between two lists, relative to values above 1. */
function furthest(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const distances = actual.map(
    (value, i) => Math.abs(value - expected[i]) / Math.max(1, Math.abs(expected[i])),
  );
  return distances.every(Number.isFinite) ? Math.max(...distances) : Number.POSITIVE_INFINITY;
}

function floats(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}

/** The first `length` tokens of each sample. */
function cut({ input, target }: Samples, length: number): Samples {
  const [count, width] = input.shape;
  const rows = Array.from({ length: count }, (_, i) => input.data.slice(i * width, i * width + length));
  const data = Int32Array.from(rows.flatMap((row) => Array.from(row as Int32Array)));
  return { input: ndarray(data, [count, length]), target };
}

/** The batches of several sources, whose shapes differ, one source after the other. */
function inTurn(parts: readonly Samples[]): BatchSource {
  const sources = parts.map((samples) => memorySource(samples, 20, { inputKey: "tokens" }));
  const sum = (of: (source: BatchSource) => number): number => sources.reduce((all, one) => all + of(one), 0);
  return {
    samples: sum((source) => source.samples),
    length: sum((source) => source.length),
    async *batches(epoch) {
      let step = 0;
      for (const source of sources) {
        for await (const batch of source.batches(epoch)) yield { ...batch, step: step++ };
      }
    },
  };
}
