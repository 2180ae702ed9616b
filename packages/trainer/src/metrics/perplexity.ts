/** e to the mean cross-entropy: among how many equally likely labels the model is in doubt. */
import type { Metric } from "./metric.js";

export const perplexity: Metric = {
  name: "perplexity",
  suits: ["sparseCategoricalCrossentropy", "categoricalCrossentropy"],
  reads: "loss",
  better: "min",
  width: () => 2,
  count({ sums }, { meanLoss, share }) {
    sums[0] += meanLoss * share;
    sums[1] += share;
  },
  value: ({ sums: [loss, all] }) => Math.exp(loss / all),
};
