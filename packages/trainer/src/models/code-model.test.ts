import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelDefinition } from "@millrace/core";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { memorySource } from "../../test/batches.js";
import { numbersOf, planeRun } from "../../test/plane.js";
import { tokens } from "../../test/tasks.js";
import { barsRun, weightsOf, withRun } from "../../test/train.js";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { asLayersModel, type CodeModel } from "./code-model.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

const inCode = (make: (engine: Engine, size: number, seed: number) => CodeModel): ModelDefinition => ({
  engine: "tfjs",
  build: (engine, { shape }, seed) =>
    make(
      engine as Engine,
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
});

/** One hidden layer with dropout, for pictures of two kinds. */
const network = inCode((engine, size, seed) => ({
  variables: {
    hidden: engine.randomNormal([size, 16], 0, 0.1, "float32", seed),
    bias: engine.zeros([16]),
    output: engine.randomNormal([16, 2], 0, 0.1, "float32", seed + 1),
  },
  forward(input, { hidden, bias, output }, { training, seed: noise }) {
    const flat = engine.mul(engine.reshape(input, [-1, size]), 1 / 255);
    const active = engine.relu(engine.add(engine.matMul(flat, hidden), bias));
    return engine.matMul(training ? engine.dropout(active, 0.2, undefined, noise) : active, output);
  },
}));

describe("a model in code", () => {
  it("learns, frees its tensors, and gives the same weights for the same seed", async () => {
    const train = () =>
      withRun(barsRun({ model: network }), async ({ result, runDir }) => {
        expect(result.metrics.accuracy).toBeGreaterThan(0.9);
        return weightsOf(runDir);
      });
    const before = tf.memory().numTensors;
    expect(await train()).toEqual(await train());
    expect(tf.memory().numTensors).toBe(before);
  });

  it("ends with the same weights after a stop and a resume in the middle of an epoch", async () => {
    const whole = await withRun(barsRun({ model: network }), ({ runDir }) => weightsOf(runDir));
    const folder = await mkdtemp(join(tmpdir(), "millrace-code-"));
    try {
      const stop = new AbortController();
      await withRun(
        {
          ...barsRun({ model: network, runDir: folder, signal: stop.signal }),
          onEvent: (event) => event.type === "step" && event.epoch === 1 && event.step === 3 && stop.abort(),
        },
        ({ result }) => expect(result.stopped).toBe(true),
      );
      const resumed = barsRun({ model: network, resumeFrom: folder });
      expect(await withRun(resumed, ({ runDir }) => weightsOf(runDir))).toEqual(whole);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is trained on a loss of its own, and leaves frozen variables alone", async () => {
    const model = inCode((engine) => ({
      variables: { weight: engine.zeros([2, 1]), bias: engine.tensor1d([5]) },
      frozen: ["bias"],
      forward: (input, { weight, bias }) => engine.add(engine.matMul(input, weight), bias),
      // Half of the squared error has half of its gradient: the weights of one step tell which loss it was.
      loss: (outputs, target) =>
        engine.mul(0.5, engine.squaredDifference(engine.reshape(outputs, [-1]), target)),
    }));
    const options = { maxSteps: 1, optimizer: { type: "sgd", learningRate: 0.1 } } as const;
    const half = await withRun({ ...planeRun(options), model }, ({ runDir }) => numbersOf(runDir));
    const whole = await withRun(
      {
        ...planeRun(options),
        model: inCode((engine) => ({
          variables: { weight: engine.zeros([2, 1]), bias: engine.tensor1d([5]) },
          frozen: ["bias"],
          forward: (input, { weight, bias }) => engine.add(engine.matMul(input, weight), bias),
        })),
      },
      ({ runDir }) => numbersOf(runDir),
    );
    expect(half[2]).toBe(5);
    expect(half[0]).toBeCloseTo(whole[0] / 2, 5);
    expect(half[1]).toBeCloseTo(whole[1] / 2, 5);
  });

  it("is given whole numbers as whole numbers", async () => {
    const model: ModelDefinition = {
      engine: "tfjs",
      build: (_, { dtype }): CodeModel => ({
        variables: { table: tf.zeros([10, 2]) },
        forward: (ids, { table }) => {
          expect([dtype, ids.dtype]).toEqual(["int32", "int32"]);
          return tf.sum(tf.gather(table, ids as Tensor1D), 1);
        },
      }),
    };
    const run = { model, data: { train: memorySource(tokens(16), 8) }, options: { epochs: 1 } };
    await withRun(run, ({ result }) => expect(result.metrics.loss).toBeGreaterThan(0));
  });

  it("is refused with the rule it breaks", () => {
    const input = { shape: [2], dtype: "float32" } as const;
    const variables = () => ({ weight: tf.zeros([2, 1]) });
    const code = (rest: Partial<CodeModel>): CodeModel => ({
      variables: variables(),
      forward: (x, { weight }) => tf.matMul(x, weight),
      ...rest,
    });
    expect(() => asLayersModel(tf, code({ frozen: ["wait"] }), input)).toThrow(
      'frozen must name variables of the model, was "wait"',
    );
    const fails = () => {
      throw new RangeError("out of range");
    };
    expect(() => asLayersModel(tf, code({ forward: fails }), input)).toThrow(
      "forward failed for one sample of zeros: out of range",
    );
    const none = () => undefined as never;
    expect(() => asLayersModel(tf, code({ forward: none }), input)).toThrow(
      "forward must return a tensor, was undefined",
    );
    expect(() => asLayersModel(tf, code({ forward: () => tf.zeros([3, 1]) }), input)).toThrow(
      "forward must return [samples, …], was [3, 1] for one sample",
    );
  });
});
