/** How often each true label was given each label. */
import { MillraceError } from "@millrace/core";
import { labelLosses } from "../losses/losses.js";
import { eachDecision, eachLabel } from "./answers.js";
import type { Metric } from "./metric.js";

/** More labels than this make a table that nobody reads, of 8 MB and more. */
const limit = 1000;

export const confusionMatrix: Metric = {
  name: "confusionMatrix",
  suits: labelLosses,
  reads: "predicted",
  better: "max",
  width: (units) => sizeFor(units) ** 2,
  count({ sums }, outcome) {
    const size = sizeFor(outcome.units);
    const add = (truth: number, predicted: number): void => {
      sums[truth * size + predicted]++;
    };
    if (outcome.loss !== "binaryCrossentropy") eachLabel(outcome, add);
    else eachDecision(outcome, (truth, predicted) => add(Number(truth), Number(predicted)));
  },
  table({ sums }, units, labels) {
    const size = sizeFor(units);
    const names = Array.from({ length: size }, (_, i) => labels?.[i] ?? String(i));
    const rows = names.map((_, i) => [...sums.subarray(i * size, (i + 1) * size)]);
    return { name: "confusionMatrix", rowNames: names, columnNames: names, rows };
  },
};

/** One output tells two labels apart. */
function sizeFor(units: number): number {
  if (units <= limit) return Math.max(units, 2);
  throw new MillraceError(
    "OPTION_INVALID",
    `confusionMatrix takes a model with at most ${limit} labels, was ${units}`,
    { hint: "Leave confusionMatrix out of `metrics`." },
  );
}
