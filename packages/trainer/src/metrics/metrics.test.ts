import { describe, expect, it } from "vitest";
import type { LossName } from "../losses/losses.js";
import { addTally, emptyTally, type Outcome } from "./metric.js";
import { type MetricName, metrics } from "./metrics.js";

interface Given {
  readonly loss?: LossName;
  readonly outputs: number[][];
  readonly target: number[];
  readonly kind?: Outcome["kind"];
  readonly meanLoss?: number;
}

function outcomeOf({
  loss = "sparseCategoricalCrossentropy",
  outputs,
  target,
  kind = "logits",
  meanLoss = 0,
}: Given) {
  const predicted = outputs.map((row) => row.indexOf(Math.max(...row)));
  const samples = outputs.length;
  return {
    loss,
    kind,
    samples,
    share: samples,
    units: outputs[0].length,
    meanLoss,
    target,
    outputs: outputs.flat(),
    predicted,
  };
}

/** Counted in one go, and counted by two processes whose tallies are added: both must agree. */
function measure(name: MetricName, given: Given): number {
  const metric = metrics[name];
  const outcome = outcomeOf(given);
  const { units } = outcome;
  const [whole, left, right] = [0, 1, 2].map(() => emptyTally(metric, units));
  metric.count(whole, outcome);
  const perSample = given.target.length / given.outputs.length;
  metric.count(
    left,
    outcomeOf({ ...given, outputs: given.outputs.slice(0, 1), target: given.target.slice(0, perSample) }),
  );
  metric.count(
    right,
    outcomeOf({ ...given, outputs: given.outputs.slice(1), target: given.target.slice(perSample) }),
  );
  addTally(left, right);
  const value = metric.value?.(whole, units) ?? Number.NaN;
  const added = metric.value?.(left, units);
  expect([Number.isNaN(added), Math.abs((added ?? 0) - value) >= 5e-13]).toEqual([
    Number.isNaN(value),
    false,
  ]);
  return value;
}

const one = (...scores: number[]) => scores.map((score) => [score]);
const labels = {
  outputs: [
    [3, 0, 0],
    [0, 3, 0],
    [0, 3, 0],
    [3, 0, 1],
  ],
  target: [0, 1, 0, 2],
};

describe("metrics", () => {
  it("count labels that are right, alone and among the best five", () => {
    expect(measure("accuracy", labels)).toBe(0.5);
    const oneHot = labels.target.flatMap((label) => [0, 1, 2].map((i) => Number(i === label)));
    expect(measure("accuracy", { ...labels, loss: "categoricalCrossentropy", target: oneHot })).toBe(0.5);
    const row = [9, 8, 7, 6, 5, 4, 3];
    expect(measure("topK", { outputs: [row, row, row, row], target: [0, 4, 5, 6] })).toBe(0.5);
    expect(
      measure("topK", {
        outputs: [
          [1, 1, 1, 1, 1, 1],
          [1, 1, 1, 1, 1, 1],
        ],
        target: [4, 5],
      }),
    ).toBe(0.5);
  });

  it("give precision, recall and F1 as means over the labels that occur", () => {
    // Labels 0, 1, 2 have precision 1/2, 1/2, 0, recall 1/2, 1, 0 and F1 1/2, 2/3, 0 (checked with scikit-learn's formula).
    expect(measure("precision", labels)).toBeCloseTo(1 / 3, 12);
    expect(measure("recall", labels)).toBeCloseTo(1 / 2, 12);
    expect(measure("f1", labels)).toBeCloseTo(7 / 18, 12);
  });

  it("give them for yes where there is one output", () => {
    const given = {
      loss: "binaryCrossentropy",
      outputs: one(2, 2, 2, -1, -1),
      target: [1, 1, 0, 1, 0],
    } as const;
    expect(
      measure("precision", { ...given, outputs: [...given.outputs], target: [...given.target] }),
    ).toBeCloseTo(2 / 3, 12);
    expect(measure("recall", { ...given, target: [...given.target] })).toBeCloseTo(2 / 3, 12);
    expect(measure("accuracy", { ...given, target: [...given.target] })).toBe(0.6);
    const probabilities = { ...given, kind: "probabilities", outputs: one(0.9, 0.6, 0.7, 0.4, 0.1) } as const;
    expect(measure("accuracy", { ...probabilities, target: [...given.target] })).toBe(0.6);
  });

  it("give the exact area under the ROC curve, ties counting half", () => {
    const loss = "binaryCrossentropy";
    expect(measure("auc", { loss, outputs: one(0.1, 0.4, 0.35, 0.8), target: [0, 0, 1, 1] })).toBe(0.75);
    expect(measure("auc", { loss, outputs: one(1, 1, 1, 1), target: [0, 1, 0, 1] })).toBe(0.5);
    expect(measure("auc", { loss, outputs: one(-2, -1, 5), target: [1, 0, 0] })).toBe(0);
    expect(
      measure("auc", {
        outputs: [
          [0, 1],
          [2, 0],
          [0, 3],
        ],
        target: [0, 0, 1],
      }),
    ).toBe(1);
    expect(() =>
      measure("auc", {
        outputs: [
          [0, 1, 2],
          [0, 0, 1],
        ],
        target: [0, 1],
      }),
    ).toThrow("one output or two");
  });

  it("give no area where a score is no number, instead of looking for its rank for ever", () => {
    const loss = "binaryCrossentropy";
    expect(measure("auc", { loss, outputs: one(0.1, Number.NaN, 0.8), target: [0, 1, 1] })).toBeNaN();
    const infinite = [Infinity, Infinity];
    expect(measure("auc", { outputs: [infinite, [0, 1]], target: [0, 1] })).toBe(1);
  });

  it("explain nothing of targets that are constant, whatever their sums round to", () => {
    const given = {
      loss: "meanSquaredError",
      kind: "values",
      outputs: one(0.2, 0.1, 0.4, 0.1, 0.3),
    } as const;
    for (const value of [0.1, 1e6 + 0.1, 0]) {
      const target = Array.from({ length: 5 }, () => Math.fround(value));
      expect(measure("rSquared", { ...given, outputs: [...given.outputs], target })).toBeNaN();
    }
  });

  it("give distance and explained variance of numbers", () => {
    const given = {
      loss: "meanSquaredError",
      kind: "values",
      outputs: one(2.5, 0, 2, 8),
      target: [3, -0.5, 2, 7],
    } as const;
    const numbers = { ...given, outputs: [...given.outputs], target: [...given.target] };
    expect(measure("meanAbsoluteError", numbers)).toBe(0.5);
    expect(measure("rSquared", numbers)).toBeCloseTo(0.9486081370449679, 12);
    const two = {
      ...numbers,
      outputs: [
        [0, 2],
        [-1, 2],
        [8, -5],
      ],
      target: [0.5, 1, -1, 1, 7, -6],
    };
    expect(measure("rSquared", two)).toBeCloseTo((0.9654377880184332 + 0.9081632653061225) / 2, 12);
  });

  it("give perplexity as the number of labels in doubt", () => {
    expect(measure("perplexity", { ...labels, meanLoss: Math.log(7) })).toBeCloseTo(7, 12);
  });

  it("count what was taken for what in a table with the labels' names", () => {
    const metric = metrics.confusionMatrix;
    const tally = emptyTally(metric, 3);
    metric.count(tally, outcomeOf(labels));
    expect(metric.table?.(tally, 3, ["ant", "bee", "cat"])).toEqual({
      name: "confusionMatrix",
      rowNames: ["ant", "bee", "cat"],
      columnNames: ["ant", "bee", "cat"],
      rows: [
        [1, 1, 0],
        [0, 1, 0],
        [1, 0, 0],
      ],
    });
    expect(() => emptyTally(metric, 1001)).toThrow("at most 1000 labels");
  });
});
