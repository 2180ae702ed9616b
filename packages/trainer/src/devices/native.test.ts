import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { distanceFromCpu } from "../../test/against-cpu.js";
import { memorySource } from "../../test/batches.js";
import { agreeing } from "../../test/gradient-cases.js";
import { distance, numbersOf, planeRun, stepsOf } from "../../test/plane.js";
import { bars, largest, tokens } from "../../test/tasks.js";
import { hasTensorflow } from "../../test/tensorflow.js";
import { barsRun, type Ran, type Run, weightsOf, withRun } from "../../test/train.js";
import { loadEngine } from "../engine.js";
import { loadModel } from "../files/model-files.js";
import { chooseDevice } from "./choose.js";
import { listDevices } from "./list.js";

// tfjs-node can be used by one thread of a process only, and not twice: each test file is a process of its own.
const isThere = await hasTensorflow();
const minute = 60_000;
const adam = { type: "adam", learningRate: 0.01 } as const;

const dense: Partial<Run> = {
  layers: [
    { type: "dense", units: 16, activation: "relu" },
    { type: "dense", units: 3, activation: "softmax" },
  ],
  data: { train: memorySource(largest(300), 30, { inputKey: "features" }) },
  labels: ["first", "second", "third"],
};
const deeper: Partial<Run> = {
  layers: [
    { type: "rescaling", scale: 1 / 255 },
    { type: "conv2d", filters: 4, kernelSize: 3, padding: "same", useBias: false },
    { type: "batchNormalization" },
    { type: "reLU" },
    { type: "depthwiseConv2d", kernelSize: 3, strides: 2 },
    { type: "averagePooling2d", poolSize: 2, padding: "same" },
    { type: "dropout", rate: 0.2 },
    { type: "flatten" },
    { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
  ],
};
const embedded: Partial<Run> = {
  layers: [
    { type: "embedding", inputDim: 10, outputDim: 4 },
    { type: "globalAveragePooling1d" },
    { type: "dense", units: 2, activation: "softmax" },
  ],
  data: { train: memorySource(tokens(200), 20, { inputKey: "ids" }) },
  labels: ["without", "with"],
};
const rules = [
  { type: "sgd", learningRate: 0.1 },
  { type: "momentum", learningRate: 0.1, nesterov: true },
  { type: "adam", learningRate: 0.02 },
  { type: "adamw", learningRate: 0.02 },
  { type: "rmsprop", learningRate: 0.02 },
  { type: "adagrad", learningRate: 0.1 },
] as const;

describe.skipIf(!isThere)("the native device, which needs @tensorflow/tfjs-node", () => {
  const lossesOf = (run: Ran): number[] => stepsOf(run).map(({ loss }) => loss);
  const onDevice = (
    device: "native" | "wasm",
    overrides: Partial<Run> & { count?: number },
    epochs = 2,
  ): Run => barsRun({ ...overrides, options: { epochs, optimizer: adam, ...overrides.options, device } });

  it.each(Object.keys(agreeing))(
    "has the gradients of the cpu device: %s",
    async (name) => {
      expect(await distanceFromCpu(agreeing[name], "native")).toBeLessThan(1e-4);
    },
    minute,
  );

  it.each([
    ["an image model", {}],
    ["a deeper image model", deeper],
    ["a dense model", dense],
    ["a model of tokens", embedded],
    ["averages of weights, clipped and accumulated", { options: averaging() }],
  ] as [string, Partial<Run>][])(
    "trains %s by the losses of wasm, step by step",
    async (_, overrides) => {
      const expected = await withRun(onDevice("wasm", overrides), lossesOf);
      const actual = await withRun(onDevice("native", overrides), (run) => {
        expect(run.result.device).toBe("native");
        return lossesOf(run);
      });
      expect(actual.length).toBeGreaterThan(10);
      expect(distance(actual, expected)).toBeLessThan(1e-3);
    },
    minute,
  );

  it.each(rules)("updates as wasm does: $type", async (optimizer) => {
    const weights = (device: "native" | "wasm") =>
      withRun(planeRun({ device, optimizer }), ({ runDir }) => numbersOf(runDir));
    expect(distance(await weights("native"), await weights("wasm"))).toBeLessThan(1e-5);
  });

  it.each([
    ["an image model", {}, 0.95],
    ["a dense model", dense, 0.85],
  ] as [string, Partial<Run>, number][])(
    "learns: %s",
    async (_, overrides, accuracy) => {
      await withRun(onDevice("native", overrides, 20), ({ result }) => {
        expect(result.epochs.at(-1)?.train.accuracy).toBeGreaterThan(accuracy);
      });
    },
    minute,
  );

  it("keeps the number of tensors and of its own buffers flat, and leaves none behind", async () => {
    const tf = await loadEngine();
    await withRun(onDevice("native", { count: 20 }), () => {});
    const held = () => {
      const backend = tf.backend() as unknown as { numDataIds(): number };
      return `${tf.memory().numTensors} tensors, ${backend.numDataIds()} buffers`;
    };
    const before = held();
    const during: string[] = [];
    const onEvent: Run["onEvent"] = (event) => {
      // The optimizer makes its variables in the first step; the last of an epoch has no next batch staged.
      const isUsual =
        event.type === "step" && event.epoch + event.step > 0 && event.step + 1 < (event.steps ?? 0);
      if (isUsual) during.push(held());
    };
    await withRun(onDevice("native", { onEvent }), () => {});
    expect(during.length).toBeGreaterThan(20);
    expect(new Set(during).size).toBe(1);
    expect(held()).toBe(before);
  });

  it("holds no batch while its step runs, and is not disturbed by what overwrites it", async () => {
    const leased: number[] = [];
    const lossesWith = (device: "native" | "wasm") => {
      // Features that are float32 as on the device: nothing else makes a copy of them.
      const train = memorySource(largest(64), 16, { inputKey: "features" });
      const onEvent: Run["onEvent"] = ({ type }) => void (type === "step" && leased.push(train.leased));
      return withRun(onDevice(device, { ...dense, data: { train }, onEvent }), lossesOf);
    };
    expect(distance(await lossesWith("native"), await lossesWith("wasm"))).toBeLessThan(1e-4);
    expect(Math.max(...leased)).toBeLessThanOrEqual(1);
  });

  it("leaves the same weights again, also when stopped and taken up", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-nätive "));
    try {
      const options: Run["options"] = { ...averaging(), checkpoints: {}, metrics: ["accuracy", "auc"] };
      const run = (more: Partial<Run>) => onDevice("native", { ...more, options }, 3);
      const whole = await withRun(run({}), ({ runDir }) => weightsOf(runDir));
      expect(await withRun(run({}), ({ runDir }) => weightsOf(runDir))).toEqual(whole);
      const controller = new AbortController();
      const onEvent: Run["onEvent"] = (event) => {
        if (event.type === "step" && event.epoch === 1 && event.step === 4) controller.abort();
      };
      await withRun(run({ runDir: folder, signal: controller.signal, onEvent }), ({ result }) => {
        expect(result.endedBy).toBe("signal");
      });
      const resumed = await withRun(run({ runDir: folder, resumeFrom: folder }), ({ runDir }) =>
        weightsOf(runDir),
      );
      expect(resumed).toEqual(whole);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("saves a model that predicts the same on wasm", async () => {
    await withRun(onDevice("native", deeper), async ({ runDir }) => {
      const tf = await loadEngine();
      const before = tf.memory().numTensors;
      const predict = async (device: "native" | "wasm") => {
        await chooseDevice(tf, device);
        const model = await loadModel(tf, join(runDir, "model/model.json"));
        const { data, shape } = bars(20, 3).input;
        const outputs = tf.tidy(
          () => model.predict(tf.tensor(Float32Array.from(data), [...shape])) as Tensor,
        );
        const values = [...(await outputs.data())];
        tf.dispose(outputs);
        model.dispose();
        return values;
      };
      expect(distance(await predict("native"), await predict("wasm"))).toBeLessThan(1e-5);
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  it("is not taken for cuda where it was loaded first", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, "native");
    await expect(chooseDevice(tf, "cuda")).rejects.toMatchObject({
      code: "DEVICE_UNAVAILABLE",
      message: expect.stringContaining("has loaded tfjs-node already"),
    });
    expect(tf.getBackend()).toBe("tensorflow");
  });

  it("is listed with what it is", async () => {
    expect(await listDevices({ names: ["native"] })).toEqual([
      { name: "native", ready: true, detail: "libtensorflow on all CPU cores (tfjs-node)" },
    ]);
  });
});

function averaging() {
  return { accumulate: 3, averageWeights: { decay: 0.9 }, clip: { norm: 0.5 } } as const;
}
