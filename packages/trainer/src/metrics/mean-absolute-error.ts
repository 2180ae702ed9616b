/** The mean distance between outputs and targets, in the unit of the target. */
import type { Metric } from "./metric.js";

export const meanAbsoluteError: Metric = {
  name: "meanAbsoluteError",
  suits: ["meanSquaredError"],
  mean: (engine, { tensor }, target) =>
    engine.mean(engine.abs(engine.sub(tensor, engine.reshape(target, tensor.shape)))),
};
