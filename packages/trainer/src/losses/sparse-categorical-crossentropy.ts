/** Cross-entropy against label indices (torch's CrossEntropyLoss). */
import { MillraceError } from "@millrace/core";
import type { Engine } from "../engine.js";
import { type ByLabel, epsilon, type Loss, type Outputs } from "./loss.js";
import { rowName } from "../tensors.js";
import { checkTargetShape } from "./targets.js";
import type { Tensor } from "@tensorflow/tfjs-core";

/** −log p(label), with outputs [samples, …, units] and targets [samples, …] of whole numbers below units, or `ignored`. */
export const sparseCategoricalCrossentropy: Loss = {
  name: "sparseCategoricalCrossentropy",
  activation: "softmax",
  upload(engine, target, place) {
    const units = place.outputShape[place.outputShape.length - 1] ?? 0;
    checkTargetShape(
      target,
      place.outputShape.slice(0, -1),
      place,
      "End the model with a flatten or pooling layer and a dense layer with one unit for each label.",
    );
    const labels = new Int32Array(target.data.length);
    for (let i = 0; i < labels.length; i++) {
      const label = target.data[i];
      if (label === place.ignored) continue;
      labels[i] = label;
      if (Number.isInteger(label) && label >= 0 && label < units) continue;
      throw new MillraceError(
        "TRAINING_TARGET",
        `a label must be a whole number from 0 to ${units - 1}, as the model has ${units} outputs, was ${label}`,
        {
          hint: 'Give the last layer one unit for each label: "units": {"from": "labels.count"}.',
          where: [rowName(target, i, place.indices)],
        },
      );
    }
    return engine.tensor(labels, [...target.shape], "int32");
  },
  each(engine, outputs, target, smoothing, byLabel) {
    const units = outputs.tensor.shape[outputs.tensor.rank - 1];
    const chosen = engine.oneHot(engine.cast(target, "int32"), units);
    return crossentropy(engine, outputs, chosen, smoothing, byLabel);
  },
  decide: decideByLargest,
};

/**
 * −Σ t · log p, where `smoothing` of every target is dealt to all labels alike (Szegedy et al. 2016; torch's label_smoothing), each
 * of which counts as `byLabel` says.
 */
export function crossentropy(
  engine: Engine,
  outputs: Outputs,
  target: Tensor,
  smoothing = 0,
  byLabel?: ByLabel,
): Tensor {
  const logs = logProbabilities(engine, outputs);
  const own = engine.neg(engine.sum(engine.mul(target, logs), -1));
  if (smoothing === 0) return own;
  const weighed = byLabel ? engine.mul(own, engine.reshape(byLabel.answers, own.shape)) : own;
  const dealt = engine.mean(byLabel ? engine.mul(logs, byLabel.labels) : logs, -1);
  return engine.sub(engine.mul(weighed, 1 - smoothing), engine.mul(dealt, smoothing));
}

/** log p for each label, computed from logits where there are any, so that no p rounds to 0. */
export function logProbabilities(engine: Engine, { kind, tensor }: Outputs): Tensor {
  if (kind === "logits") return engine.logSoftmax(tensor);
  return engine.log(engine.clipByValue(tensor, epsilon, 1));
}

export function decideByLargest(engine: Engine, { kind, tensor }: Outputs) {
  const probabilities = kind === "logits" ? engine.softmax(tensor) : tensor;
  return { predicted: engine.argMax(probabilities, -1), confidence: engine.max(probabilities, -1) };
}
