/** Cross-entropy of yes and no (torch's BCEWithLogitsLoss). */
import { MillraceError } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { rowName, uploadFloat } from "../tensors.js";
import { epsilon, type Loss, type Outputs } from "./loss.js";
import { checkTargetShape, targetShape } from "./targets.js";

/** −t·log p − (1 − t)·log(1 − p), with targets from 0 to 1 of the outputs' shape, or [samples] for a single output. */
export const binaryCrossentropy: Loss = {
  name: "binaryCrossentropy",
  activation: "sigmoid",
  upload(engine, target, place) {
    checkTargetShape(
      target,
      targetShape(place, target.shape),
      place,
      "Give the last layer one unit; for more than two labels take sparseCategoricalCrossentropy.",
    );
    const outside = target.data.findIndex((value: number) => !(value >= 0 && value <= 1));
    if (outside >= 0) {
      throw new MillraceError(
        "TRAINING_TARGET",
        `a target of binaryCrossentropy must be from 0 to 1, was ${target.data[outside]}`,
        {
          hint: "For more than two labels take the loss sparseCategoricalCrossentropy.",
          where: [rowName(target, outside, place.indices)],
        },
      );
    }
    return uploadFloat(engine, target);
  },
  each: (engine, outputs, target) => each(engine, outputs, engine.reshape(target, outputs.tensor.shape)),
  decide(engine, { kind, tensor }) {
    const flat = engine.reshape(tensor, [tensor.shape[0]]);
    const probability = kind === "logits" ? engine.sigmoid(flat) : flat;
    const predicted = engine.cast(engine.greater(probability, 0.5), "int32");
    return { predicted, confidence: engine.maximum(probability, engine.sub(1, probability)) };
  },
};

function each(engine: Engine, { kind, tensor }: Outputs, target: Tensor): Tensor {
  if (kind === "logits") {
    // max(z, 0) − z·t + log(1 + e^−|z|) is the same and cannot overflow.
    const rest = engine.log1p(engine.exp(engine.neg(engine.abs(tensor))));
    return engine.add(engine.sub(engine.relu(tensor), engine.mul(tensor, target)), rest);
  }
  const p = engine.clipByValue(tensor, epsilon, 1 - epsilon);
  const yes = engine.mul(target, engine.log(p));
  const no = engine.mul(engine.sub(1, target), engine.log(engine.sub(1, p)));
  return engine.neg(engine.add(yes, no));
}
