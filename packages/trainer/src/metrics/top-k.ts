/** The share of answers whose true label is among the five with the largest outputs. */
import { largestOf } from "./answers.js";
import { type Metric, ratio } from "./metric.js";

const k = 5;

export const topK: Metric = {
  name: "topK",
  suits: ["sparseCategoricalCrossentropy", "categoricalCrossentropy"],
  reads: "outputs",
  better: "max",
  width: () => 2,
  count({ sums }, { outputs, target, units, loss }) {
    const oneHot = loss === "categoricalCrossentropy";
    for (let i = 0; i * units < outputs.length; i++) {
      const truth = oneHot ? largestOf(target, i * units, units) : target[i];
      let above = 0;
      // Of equal outputs the earlier label ranks higher, as the predicted one does.
      for (let unit = 0; unit < units; unit++) {
        const [own, other] = [outputs[i * units + truth], outputs[i * units + unit]];
        if (other > own || (other === own && unit < truth)) above++;
      }
      if (above < k) sums[0]++;
      sums[1]++;
    }
  },
  value: ({ sums: [right, all] }) => ratio(right, all),
};
