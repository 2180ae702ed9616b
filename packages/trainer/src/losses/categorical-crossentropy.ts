/** Cross-entropy against a probability for each label: one-hot, smoothed or mixed. */
import { checkFinite, rowName, uploadFloat } from "../tensors.js";
import { MillraceError, type NdArray } from "@millrace/core";
import type { Loss, TargetPlace } from "./loss.js";
import { crossentropy, decideByLargest } from "./sparse-categorical-crossentropy.js";
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
    checkProbabilities(target, place);
    return uploadFloat(engine, target);
  },
  each: crossentropy,
  decide: decideByLargest,
};

/** How far the sum of a sample's probabilities may be from 1: what float32 and rounded files leave. */
const tolerance = 0.01;

/** Raises TRAINING_TARGET unless the numbers of every answer are from 0 to 1 and add up to 1. */
function checkProbabilities(target: NdArray, { indices }: TargetPlace): void {
  const { data, shape } = target;
  const units = shape[shape.length - 1];
  for (let start = 0; start < data.length; start += units) {
    let sum = 0;
    let isShare = true;
    for (let i = start; i < start + units; i++) {
      sum += data[i];
      isShare &&= data[i] >= 0 && data[i] <= 1;
    }
    if (isShare && Math.abs(sum - 1) <= tolerance) continue;
    const answer = Array.from(data.slice(start, start + Math.min(units, 8)), (value) =>
      Number(value.toPrecision(6)),
    );
    throw new MillraceError(
      "TRAINING_TARGET",
      "a target of categoricalCrossentropy must be one probability for each label, from 0 to 1 and 1 together, " +
        `was [${answer.join(", ")}${units > 8 ? ", …" : ""}]`,
      {
        hint: "Divide each by their sum; for plain numbers take the loss meanSquaredError, for flags binaryCrossentropy.",
        where: [rowName(target, start, indices)],
      },
    );
  }
}
