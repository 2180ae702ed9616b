/** Metrics of models that predict numbers. */
import { numberLosses } from "../losses/losses.js";
import { type Metric, ratio } from "./metric.js";

/** The mean distance between outputs and targets, in the unit of the target. */
export const meanAbsoluteError: Metric = {
  name: "meanAbsoluteError",
  suits: numberLosses,
  reads: "outputs",
  better: "min",
  width: () => 2,
  count({ sums }, { outputs, target }) {
    for (let i = 0; i < outputs.length; i++) sums[0] += Math.abs(outputs[i] - target[i]);
    sums[1] += outputs.length;
  },
  value: ({ sums: [distance, all] }) => ratio(distance, all),
};

/** The share of the targets' variance that the model explains, the mean over outputs; NaN for constant targets. */
export const rSquared: Metric = {
  name: "rSquared",
  suits: numberLosses,
  reads: "outputs",
  better: "max",
  width: (units) => 4 * units,
  count({ sums }, { outputs, target, units }) {
    for (let i = 0; i < outputs.length; i++) {
      const own = 4 * (i % units);
      sums[own]++;
      sums[own + 1] += target[i];
      sums[own + 2] += target[i] * target[i];
      sums[own + 3] += (outputs[i] - target[i]) ** 2;
    }
  },
  value({ sums }) {
    let total = 0;
    for (let i = 0; i < sums.length; i += 4) {
      const [all, sum, squares, residual] = sums.subarray(i, i + 4);
      total += 1 - residual / (squares - (sum * sum) / all);
    }
    return (total * 4) / sums.length;
  },
};
