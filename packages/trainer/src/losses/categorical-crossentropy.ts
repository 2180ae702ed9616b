/** Cross-entropy against a probability for each label: one-hot, smoothed or mixed. */
import { checkFinite, uploadFloat } from "../tensors.js";
import type { Loss } from "./loss.js";
import { decideByLargest, logProbabilities } from "./sparse-categorical-crossentropy.js";
import { checkTargetShape } from "./targets.js";

/** −Σ target · log p, with outputs and targets of one shape [samples, …, units]. */
export const categoricalCrossentropy: Loss = {
  name: "categoricalCrossentropy",
  activation: "softmax",
  upload(engine, target, place) {
    checkTargetShape(
      target,
      place.outputShape,
      place,
      "For label indices take the loss sparseCategoricalCrossentropy.",
    );
    checkFinite(target, "target", place.indices);
    return uploadFloat(engine, target);
  },
  each: (engine, outputs, target) =>
    engine.neg(engine.sum(engine.mul(target, logProbabilities(engine, outputs)), -1)),
  decide: decideByLargest,
};
