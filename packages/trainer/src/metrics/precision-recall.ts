/** Precision, recall and F1: of yes where the model has one output, else the mean over all labels that occur (macro). */
import { labelLosses } from "../losses/losses.js";
import { eachDecision, eachLabel } from "./answers.js";
import { type Metric, type Outcome, ratio, type Tally } from "./metric.js";

/** `hits` answers were rightly given this label, `given` answers were given it, `true` have it. */
type Score = (hits: number, given: number, real: number) => number;

export const precision = scored("precision", (hits, given) => ratio(hits, given));
export const recall = scored("recall", (hits, _, real) => ratio(hits, real));
export const f1 = scored("f1", (hits, given, real) => ratio(2 * hits, given + real));

function scored(name: string, score: Score): Metric {
  return {
    name,
    suits: labelLosses,
    reads: "predicted",
    better: "max",
    width: (units) => 3 * units,
    count,
    value({ sums }) {
      const scores: number[] = [];
      for (let i = 0; i < sums.length; i += 3) {
        const [hits, given, real] = sums.subarray(i, i + 3);
        if (given + real > 0) scores.push(score(hits, given, real));
      }
      return ratio(
        scores.reduce((sum, value) => sum + value, 0),
        scores.length,
      );
    },
  };
}

function count({ sums }: Tally, outcome: Outcome): void {
  if (outcome.loss === "binaryCrossentropy") {
    eachDecision(outcome, (truth, predicted, unit) => {
      if (truth && predicted) sums[unit * 3]++;
      if (predicted) sums[unit * 3 + 1]++;
      if (truth) sums[unit * 3 + 2]++;
    });
    return;
  }
  eachLabel(outcome, (truth, predicted) => {
    if (truth === predicted) sums[truth * 3]++;
    sums[predicted * 3 + 1]++;
    sums[truth * 3 + 2]++;
  });
}
