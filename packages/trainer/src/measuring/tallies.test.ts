import { describe, expect, it } from "vitest";
import type { Outcome } from "../metrics/metric.js";
import { Tallies } from "./tallies.js";

/** Answers of a model that tells two labels apart by one number each. */
function outcome(scores: readonly number[], target: readonly number[]): Outcome {
  return {
    loss: "binaryCrossentropy",
    kind: "probabilities",
    samples: scores.length,
    units: 1,
    meanLoss: 0.5,
    share: scores.length,
    target,
    outputs: scores,
    predicted: [],
  };
}

describe("tallies of several processes", () => {
  const scores = [0.1, 0.9, 0.4, 0.35, 0.8, 0.7, 0.2];
  const target = [0, 1, 0, 1, 1, 0, 0];
  const names = ["accuracy", "auc", "confusionMatrix"] as const;
  const tally = (from: number, to: number, loss: number): Tallies => {
    const tallies = new Tallies(names);
    if (to > from) tallies.add({ loss, outcome: outcome(scores.slice(from, to), target.slice(from, to)) });
    return tallies;
  };

  it("come to those of one, however the answers are divided, and whoever has none", () => {
    const whole = tally(0, 7, 0.5);
    const parts = [tally(0, 0, 0), tally(0, 2, 0.5), tally(2, 7, 0.5)].map((each) => each.state());
    const merged = Tallies.merged(names, structuredClone(parts));
    expect(merged.values).toEqual(whole.values);
    expect(merged.samples).toBe(7);
    expect(merged.tables(undefined)).toEqual(whole.tables(undefined));
    expect(Tallies.merged(names, [tally(0, 0, 0).state()]).values).toBeUndefined();
  });
});
