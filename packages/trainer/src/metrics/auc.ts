/** The area under the ROC curve of a model that tells two labels apart, exact. */
import { labelLosses } from "../losses/losses.js";
import { largestOf } from "./answers.js";
import { MillraceError } from "@millrace/core";
import { type Metric, type Tally } from "./metric.js";

/** Keeps two numbers for each sample. Equal scores count half (Mann and Whitney 1947); NaN where one label is absent, or a score is NaN. */
export const auc: Metric = {
  name: "auc",
  suits: labelLosses,
  reads: "outputs",
  better: "max",
  width: () => 0,
  count({ list }, { outputs, target, units, loss }) {
    if (units > 2) {
      throw new MillraceError("OPTION_INVALID", `auc needs a model with one output or two, was ${units}`, {
        hint: "Leave auc out of `metrics`; f1 is for any number of labels.",
      });
    }
    const oneHot = loss === "categoricalCrossentropy";
    const single = loss === "binaryCrossentropy";
    for (let i = 0; i < outputs.length / units; i++) {
      if (single) {
        for (let unit = i * units; unit < (i + 1) * units; unit++)
          list.push(outputs[unit], yes(target[unit]));
      } else {
        const truth = oneHot ? largestOf(target, i * 2, 2) : target[i];
        list.push(scoreOf(outputs[i * 2], outputs[i * 2 + 1]), truth);
      }
    }
  },
  value: ({ list }: Tally) => areaUnderCurve(list),
};

/** How much more the second label is said to be than the first; infinite outputs that are equal tie. */
function scoreOf(first: number, second: number): number {
  return first === second ? 0 : second - first;
}

function yes(target: number): number {
  return target > 0.5 ? 1 : 0;
}

/** `pairs` are score, 0 or 1, score, 0 or 1, … */
function areaUnderCurve(pairs: readonly number[]): number {
  const order = Uint32Array.from({ length: pairs.length / 2 }, (_, i) => i * 2);
  // Scores that are no numbers have no rank.
  if (order.some((i) => Number.isNaN(pairs[i]))) return Number.NaN;
  order.sort((a, b) => pairs[a] - pairs[b]);
  let [negatives, positives, area] = [0, 0, 0];
  for (let start = 0; start < order.length; ) {
    let [ties, hits] = [0, 0];
    const score = pairs[order[start]];
    for (; start < order.length && pairs[order[start]] === score; start++) {
      hits += pairs[order[start] + 1];
      ties++;
    }
    area += hits * (negatives + (ties - hits) / 2);
    negatives += ties - hits;
    positives += hits;
  }
  return area / (negatives * positives);
}
