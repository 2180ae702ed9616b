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

/**
 * The share of the targets' variance that the model explains, the mean over outputs; NaN for constant targets. The
 * least and the greatest target of each output are listed, so that constants are known exactly.
 */
export const rSquared: Metric = {
  name: "rSquared",
  suits: numberLosses,
  reads: "outputs",
  better: "max",
  width: (units) => 4 * units,
  count({ sums, list }, { outputs, target, units }) {
    for (let i = 0; i < outputs.length; i++) {
      const unit = i % units;
      list[2 * unit] = Math.min(target[i], list[2 * unit] ?? target[i]);
      list[2 * unit + 1] = Math.max(target[i], list[2 * unit + 1] ?? target[i]);
      const own = 4 * unit;
      sums[own]++;
      sums[own + 1] += target[i];
      sums[own + 2] += target[i] * target[i];
      sums[own + 3] += (outputs[i] - target[i]) ** 2;
    }
  },
  value({ sums, list }, units) {
    let total = 0;
    for (let i = 0; i < sums.length; i += 4) {
      if (isConstant(list, i / 4, units)) return Number.NaN;
      const [all, sum, squares, residual] = sums.subarray(i, i + 4);
      total += 1 - residual / (squares - (sum * sum) / all);
    }
    return (total * 4) / sums.length;
  },
};

/** `list` holds the least and the greatest target of each output, once for each process. */
function isConstant(list: readonly number[], unit: number, units: number): boolean {
  const own = list.filter((_, i) => Math.floor(i / 2) % units === unit);
  return own.every((target) => target === own[0]);
}
