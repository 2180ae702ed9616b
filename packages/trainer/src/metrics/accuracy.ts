/** The share of answers whose predicted label is the true one. */
import { labelLosses } from "../losses/losses.js";
import { eachDecision, eachLabel } from "./answers.js";
import { type Metric, ratio } from "./metric.js";

export const accuracy: Metric = {
  name: "accuracy",
  suits: labelLosses,
  reads: "predicted",
  better: "max",
  width: () => 2,
  count({ sums }, outcome) {
    const add = (truth: unknown, predicted: unknown): void => {
      if (truth === predicted) sums[0]++;
      sums[1]++;
    };
    if (outcome.loss === "binaryCrossentropy") eachDecision(outcome, add);
    else eachLabel(outcome, add);
  },
  value: ({ sums: [right, all] }) => ratio(right, all),
};
