/** Targets that do not count, beside what torch makes of them. */
import { readFileSync } from "node:fs";
import { type ModelDefinition, type NdArray, ndarray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { batchesSource } from "../../test/batches.js";
import { numbersOf, type Options, stepsOf } from "../../test/plane.js";
import { finishedHere, withRun } from "../../test/train.js";
import { evaluate } from "../after/evaluate.js";
import type { Engine } from "../engine.js";
import type { CodeModel } from "../models/code-model.js";

interface Padded {
  readonly shape: readonly [number, number];
  readonly tokens: readonly number[];
  readonly target: readonly number[];
}

interface Recorded {
  readonly loss: number;
  readonly gradient: readonly number[];
}

interface Fixture {
  readonly losses: {
    readonly shape: readonly [number, number, number];
    readonly logits: readonly number[];
    readonly target: readonly number[];
    readonly classWeights: number[];
    readonly sampleWeights: number[];
    readonly plain: Recorded;
    readonly byClass: Recorded;
    readonly bySample: Recorded;
    readonly smoothed: Recorded;
    readonly smoothedBySample: Recorded;
  };
  readonly training: {
    readonly words: number;
    readonly tags: number;
    readonly batches: readonly Padded[];
    readonly validation: readonly Padded[];
    readonly steps: readonly number[];
    readonly kernel: readonly number[];
    readonly bias: readonly number[];
    readonly measured: {
      readonly loss: number;
      readonly perplexity: number;
      readonly accuracy: number;
      readonly confusion: number[][];
    };
  };
}

const { losses, training } = JSON.parse(
  readFileSync(new URL("../../test/fixtures/torch-ignore-index.json", import.meta.url), "utf8"),
) as Fixture;

/** Gives its own variable, row by row: what one step of gradient descent changes is the gradient. */
function given(
  logits: readonly number[],
  [rows, steps, units]: readonly [number, number, number],
): ModelDefinition {
  return {
    engine: "tfjs",
    build: (engine): CodeModel => {
      const tf = engine as Engine;
      return {
        variables: { table: tf.tensor2d([...logits], [rows, steps * units]) },
        forward: (rowsOf, { table }) =>
          tf.reshape(tf.gather(table, tf.cast(rowsOf, "int32")), [-1, steps, units]),
      };
    },
  };
}

/** The loss of one batch, and its gradient. */
async function learned(
  options: Options,
  label: NdArray = ndarray(Int32Array.from(losses.target), losses.shape.slice(0, 2)),
): Promise<Recorded> {
  const { logits, shape, sampleWeights } = losses;
  const [rows] = shape;
  const batch = {
    row: ndarray(Int32Array.from({ length: rows }, (_, i) => i)),
    label,
    weight: ndarray(Float32Array.from(sampleWeights)),
  };
  const run = {
    model: given(logits, shape),
    options: { epochs: 1, optimizer: { type: "sgd" as const, learningRate: 1 }, input: "row", ...options },
    data: { train: batchesSource([batch]) },
  };
  return withRun(run, async (ran) => {
    const after = await numbersOf(ran.runDir);
    return { loss: stepsOf(ran)[0].loss, gradient: logits.map((value, i) => value - after[i]) };
  });
}

const tagger = [
  // Ones where a word is: what the recorded model is given.
  {
    type: "embedding",
    inputDim: training.words,
    outputDim: training.words,
    embeddingsInitializer: "identity",
    trainable: false,
  },
  { type: "dense", units: training.tags, kernelInitializer: "zeros" },
];

const batchOf = ({ shape, tokens, target }: Padded) => ({
  tokens: ndarray(Int32Array.from(tokens), shape),
  label: ndarray(Int32Array.from(target), shape),
});

function taggerRun(options: Options = {}) {
  return {
    layers: tagger,
    options: {
      epochs: 1,
      accumulate: 2,
      optimizer: { type: "sgd" as const, learningRate: 0.5 },
      metrics: ["accuracy", "perplexity", "confusionMatrix", "f1", "topK"] as const,
      ...options,
    } as Options,
    data: {
      train: batchesSource(training.batches.map(batchOf)),
      validation: batchesSource(training.validation.map(batchOf)),
    },
  };
}

describe("targets of ignoreIndex", () => {
  it.each([
    ["alone", {}, losses.plain],
    ["beside weights of classes", { classWeights: losses.classWeights }, losses.byClass],
    ["beside weights of samples", { sampleWeight: "weight" }, losses.bySample],
    [
      "beside weights of classes and smoothing",
      { classWeights: losses.classWeights, labelSmoothing: 0.2 },
      losses.smoothed,
    ],
    [
      "beside all of them",
      { classWeights: losses.classWeights, labelSmoothing: 0.2, sampleWeight: "weight" },
      losses.smoothedBySample,
    ],
  ])("leave loss and gradient to the others, as in torch: %s", async (_how, options, expected) => {
    const { loss, gradient } = await learned(options);
    expect(loss).toBeCloseTo(expected.loss, 5);
    for (const [i, value] of expected.gradient.entries()) expect(gradient[i]).toBeCloseTo(value, 5);
  });

  it("are smoothed and weighed alike as labels and as probabilities", async () => {
    const { shape, target } = losses;
    const labels = target.map((label) => Math.max(label, 0));
    const shares = labels.flatMap((label) => Array.from({ length: shape[2] }, (_, i) => Number(i === label)));
    const options = { classWeights: losses.classWeights, labelSmoothing: 0.2 };
    const sparse = await learned(options, ndarray(Int32Array.from(labels), [shape[0], shape[1]]));
    const whole = await learned(
      { ...options, loss: "categoricalCrossentropy" },
      ndarray(Float32Array.from(shares), [...shape]),
    );
    expect(whole.loss).toBeCloseTo(sparse.loss, 6);
    for (const [i, value] of whole.gradient.entries()) expect(value).toBeCloseTo(sparse.gradient[i], 6);
  });

  it("make means over what counts: of a batch, of batches that make one update, of a split", async () => {
    await withRun(taggerRun(), async (ran) => {
      const steps = stepsOf(ran);
      for (const [i, loss] of training.steps.entries()) expect(steps[i].loss).toBeCloseTo(loss, 5);
      const { kernel, bias, measured } = training;
      const weights = (await numbersOf(ran.runDir)).slice(0, kernel.length + bias.length);
      for (const [i, value] of [...kernel, ...bias].entries()) expect(weights[i]).toBeCloseTo(value, 5);
      const { metrics, tables } = ran.result;
      expect(metrics.loss).toBeCloseTo(measured.loss, 5);
      expect(metrics.perplexity).toBeCloseTo(measured.perplexity, 4);
      expect(metrics.accuracy).toBeCloseTo(measured.accuracy, 9);
      expect(metrics.topK).toBe(1);
      expect(tables?.[0].rows).toEqual(measured.confusion);
    });
  });

  it("make no difference however much padding there is", async () => {
    const wider = ({ shape: [rows, width], tokens, target }: Padded): Padded => {
      const widened = (values: readonly number[], fill: number): number[] =>
        Array.from({ length: rows }, (_, row) => [
          ...values.slice(row * width, (row + 1) * width),
          fill,
          fill,
          fill,
        ]).flat();
      return { shape: [rows, width + 3], tokens: widened(tokens, 0), target: widened(target, -100) };
    };
    const run = taggerRun();
    const padded = {
      train: batchesSource(training.batches.map((batch) => batchOf(wider(batch)))),
      validation: batchesSource(training.validation.map((batch) => batchOf(wider(batch)))),
    };
    const plain = await withRun(run, (ran) => ran.result.metrics);
    const wide = await withRun({ ...run, data: padded }, (ran) => ran.result.metrics);
    for (const [name, value] of Object.entries(plain)) expect(wide[name]).toBeCloseTo(value, 5);
  });

  it("count in no evaluation either", async () => {
    const { context, options } = await finishedHere(taggerRun());
    const batches = batchesSource(training.validation.map(batchOf));
    const { metrics } = await evaluate(options, { ...context, batches });
    expect(metrics.loss).toBeCloseTo(training.measured.loss, 5);
    expect(metrics.accuracy).toBeCloseTo(training.measured.accuracy, 9);
  });

  it("change nothing in a batch that has no others, and are refused as all of a split", async () => {
    const none = batchOf({ shape: [2, 2], tokens: [1, 2, 3, 4], target: [-100, -100, -100, -100] });
    const run = taggerRun({ accumulate: 1 });
    const both = [...training.batches.map(batchOf), none];
    const train = batchesSource(both);
    const weights = await withRun({ ...run, data: { ...run.data, train } }, (ran) => numbersOf(ran.runDir));
    expect(weights).toEqual(await withRun(run, (ran) => numbersOf(ran.runDir)));
    const validation = batchesSource([none]);
    await expect(withRun({ ...run, data: { ...run.data, validation } }, () => {})).rejects.toMatchObject({
      code: "TRAINING_TARGET",
      message: "a split must have a target that counts, but all of them were -100",
    });
  });

  it("are another number where the option says so, and -100 is a wrong label then", async () => {
    const zeros = training.batches.map((batch) =>
      batchOf({ ...batch, target: batch.target.map((tag) => (tag === -100 ? 0 : tag)) }),
    );
    const run = taggerRun({ ignoreIndex: 0 });
    const data = { train: batchesSource(zeros), validation: batchesSource(zeros) };
    await withRun({ ...run, data }, ({ result }) => {
      expect(result.tables?.[0].rows[0]).toEqual([0, 0, 0, 0, 0]);
    });
    await expect(withRun(run, () => {})).rejects.toMatchObject({
      code: "TRAINING_TARGET",
      message: expect.stringContaining("was -100") as string,
    });
  });
});
