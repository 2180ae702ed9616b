/** Several processes that train one model: what one process comes to, they come to. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type RankRun, type Told, trainTogether } from "../../test/ranks.js";
import { weightsOf } from "../../test/train.js";

const timeout = 240_000;

const options = {
  epochs: 2,
  optimizer: { type: "adam", learningRate: 0.02 },
  clip: { norm: 0.5 },
  accumulate: 2,
  classWeights: [1, 2, 3],
  metrics: ["accuracy", "f1"],
};
const dense: RankRun = {
  name: "dense",
  layers: [
    { type: "dense", units: 16, activation: "relu" },
    { type: "dense", units: 3 },
  ],
  shape: [12],
  options,
};
const convolution: RankRun = {
  name: "convolution",
  layers: [
    { type: "conv2d", filters: 4, kernelSize: 3, activation: "relu" },
    { type: "flatten" },
    { type: "dense", units: 3 },
  ],
  shape: [6, 6, 1],
  options,
};
/** Several pieces of gradients, of layers that are read once, twice and in vain. */
const wide: RankRun = {
  name: "wide",
  count: 40,
  batchSize: 16,
  apart: true,
  layers: [
    { type: "dense", units: 1000, activation: "relu", kernelRegularizer: "l1l2" },
    { type: "dense", units: 1100, activation: "relu" },
    { type: "dense", units: 1000, activation: "relu" },
    { type: "dense", units: 3 },
  ],
  shape: [12],
  options: { ...options, device: "wasm", epochs: 1, optimizer: { type: "adam", learningRate: 0.001 } },
};
/** Of three processes one has no part of any batch. */
const few: RankRun = { ...dense, name: "few", count: 7, batchSize: 4 };

function furthest(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

function same(told: Told, alone: Told): void {
  expect(told.error).toBeUndefined();
  expect(furthest(told.steps, alone.steps)).toBeLessThan(1e-5);
  for (const [name, value] of Object.entries(alone.metrics)) expect(told.metrics[name]).toBeCloseTo(value, 5);
  for (const [i, metrics] of alone.train.entries())
    for (const [name, value] of Object.entries(metrics)) expect(told.train[i][name]).toBeCloseTo(value, 5);
}

describe("several processes", () => {
  it("come to what one comes to, step by step, whatever the end of an epoch leaves them", {
    timeout,
  }, async () => {
    const runs = [dense, convolution, few, wide];
    const {
      told: [alone],
    } = await trainTogether(1, runs);
    expect(alone.map(({ steps }) => steps.length)).toEqual([8, 8, 4, 3]);
    for (const size of [2, 4]) {
      const { codes, told } = await trainTogether(size, runs);
      expect(codes).toEqual(codes.map(() => 0));
      for (const [rank, ofRank] of told.entries()) {
        for (const [i, each] of ofRank.entries()) same(each, alone[i]);
        for (const [i, { predictions, worst }] of ofRank.entries()) {
          if (rank > 0) continue;
          expect(predictions).toEqual(alone[i].predictions);
          expect(worst).toEqual(alone[i].worst);
        }
      }
    }
  });

  it("end when one is killed; any number goes on from the last checkpoint, as many with the same bits", {
    timeout,
  }, async () => {
    const kept = { ...dense, options: { ...options, checkpoints: { everySteps: 1 } } };
    const whole = await trainTogether(2, [kept]);
    const killed = await trainTogether(2, [{ ...kept, kill: { rank: 1, step: 6 } }]);
    expect(killed.codes).toEqual([1, "SIGKILL"]);
    expect(killed.told[0][0].error).toMatchObject({ code: "GROUP_FAILED" });
    const seen = killed.told[0][0].steps.length;
    const resume = join(killed.folder, kept.name);
    const bits = new Map<number, Buffer>();
    for (const size of [1, 2, 4]) {
      const { folder, told } = await trainTogether(size, [{ ...kept, resume }]);
      const [{ steps, error }] = told[0];
      expect(error).toBeUndefined();
      const rest = whole.told[0][0].steps.slice(-steps.length);
      expect(8 - steps.length).toBeGreaterThanOrEqual(seen - 1);
      expect(furthest(steps, rest)).toBeLessThan(1e-5);
      bits.set(size, await weightsOf(join(folder, kept.name)));
    }
    expect(bits.get(2)).toEqual(await weightsOf(join(whole.folder, kept.name)));
  });

  it("stop together where the loss of one is not finite, and say whose and when", { timeout }, async () => {
    const { codes, told } = await trainTogether(2, [{ ...dense, huge: 5 }]);
    expect(codes).toEqual([1, 1]);
    const [first, second] = told.map(([{ error }]) => error);
    expect(first).toMatchObject({ code: "TRAINING_DIVERGED" });
    expect(first?.message).toMatch(/^the loss must stay finite, was (NaN|Infinity) in epoch 0 at step \d$/);
    expect(first?.where.join()).toMatch(/rank [01] of 2/);
    expect(second).toEqual(first);
  });

  it("agree on all that is not the same for each: noise, moving averages, a wish to stop, a stream's end", {
    timeout,
  }, async () => {
    const noisy: RankRun = {
      ...dense,
      name: "noisy",
      layers: [
        { type: "dense", units: 16 },
        { type: "batchNormalization" },
        { type: "dropout", rate: 0.3 },
        { type: "dense", units: 3 },
      ],
      options: { ...options, saveModel: "best", averageWeights: { decay: 0.9 } },
    };
    const stopped: RankRun = { ...dense, name: "stopped", stop: { rank: 1, step: 3 } };
    const late: RankRun = { ...dense, name: "late", options: { ...options, maxSteps: 3 } };
    const stream: RankRun = { ...dense, name: "stream", stream: true, count: 131, batchSize: 4 };
    const { codes, told } = await trainTogether(2, [noisy, stopped, late, stream]);
    expect(codes).toEqual([0, 0]);
    const [first, second] = told.map((runs) =>
      runs.map(({ steps, metrics, endedBy, train }) => ({ steps, metrics, endedBy, train })),
    );
    expect(second).toEqual(first);
    expect(first.map(({ steps, endedBy }) => [steps.length, endedBy])).toEqual([
      [8, "epochs"],
      // The wish travels with the sum of the next step.
      [4, "signal"],
      [6, "maxSteps"],
      // Of 131 samples one rank has 66, the other 65, and each takes two at a time.
      [66, "epochs"],
    ]);
  });

  it("are refused where they do not train the same, before the first step, naming what differs on whom", {
    timeout,
  }, async () => {
    const unlike = (told: object): RankRun => ({ ...dense, unlike: { rank: 1, told } });
    const runs = [
      unlike({ count: 150 }),
      unlike({ batchSize: 32 }),
      unlike({ seed: 4 }),
      unlike({ options: { ...options, epochs: 3 } }),
      unlike({ layers: dense.layers.with(0, { type: "dense", units: 9, activation: "relu" }) }),
      unlike({ resume: "elsewhere" }),
      { ...unlike({ stream: true }), batchSize: 4 },
    ];
    const { codes, told } = await trainTogether(3, runs);
    expect(codes).toEqual([1, 1, 1]);
    const seen = told[0].map(({ error }) => error?.details.join("; "));
    expect(seen).toEqual([
      expect.stringContaining("train.samples: 203 on ranks 0, 2, 150 on rank 1"),
      expect.stringContaining("train.batches: 4 on ranks 0, 2, 7 on rank 1"),
      expect.stringMatching(/train.order: .*seed 3.* on ranks 0, 2, .*seed 4.* on rank 1/),
      "trainer.with.epochs: 2 on ranks 0, 2, 3 on rank 1",
      'weights.0 dense_0/kernel: "[12, 16]" on ranks 0, 2, "[12, 9]" on rank 1; ' +
        'weights.1 dense_0/bias: "[16]" on ranks 0, 2, "[9]" on rank 1; ' +
        'weights.2 dense_1/kernel: "[16, 3]" on ranks 0, 2, "[9, 3]" on rank 1',
      "resumes: false on ranks 0, 2, true on rank 1",
      expect.stringContaining('train.dataset: "203 samples" on ranks 0, 2, "stream" on rank 1'),
    ]);
    for (const ofRank of told)
      for (const [i, { error, steps }] of ofRank.entries()) {
        expect(steps).toEqual([]);
        expect(error).toEqual(told[0][i].error);
        expect(error?.code).toBe("GROUP_FAILED");
      }
  });

  it("share few rows: some have none, in training as in validation", { timeout }, async () => {
    const runs: RankRun[] = [
      { ...dense, name: "three", count: 3, batchSize: 4, validationCount: 1 },
      { ...convolution, name: "one", count: 1, batchSize: 4, validationCount: 2 },
    ];
    const numbers = {
      ...dense,
      name: "numbers",
      count: 2,
      batchSize: 4,
      validationCount: 3,
      options: {
        epochs: 2,
        loss: "meanSquaredError",
        metrics: ["rSquared", "meanAbsoluteError"],
        target: "label",
      },
      layers: [{ type: "dense", units: 1 }],
    };
    const flags = {
      ...numbers,
      name: "flags",
      options: { epochs: 2, loss: "binaryCrossentropy", metrics: ["auc", "accuracy", "f1"], target: "flag" },
    };
    // In some batches no label counts: what regularizers say counts all the same.
    const weightless = {
      ...dense,
      name: "weightless",
      count: 6,
      batchSize: 4,
      validationCount: 3,
      options: { epochs: 6, classWeights: [0, 0, 1], optimizer: { type: "sgd", learningRate: 0.1 } },
      layers: [{ type: "dense", units: 3, kernelRegularizer: "l1l2" }],
    };
    runs.push(numbers, flags, weightless);
    const {
      told: [alone],
    } = await trainTogether(1, runs);
    const { codes, told } = await trainTogether(4, runs);
    expect(codes).toEqual([0, 0, 0, 0]);
    for (const ofRank of told) for (const [i, each] of ofRank.entries()) same(each, alone[i]);
  });
});
