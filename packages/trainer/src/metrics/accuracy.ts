/** The share of samples whose predicted label is the true one. */
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { Outputs } from "../losses/loss.js";
import type { Metric } from "./metric.js";

export const accuracy: Metric = {
  name: "accuracy",
  suits: ["sparseCategoricalCrossentropy", "categoricalCrossentropy", "binaryCrossentropy"],
  mean(engine, outputs, target, loss) {
    if (loss === "binaryCrossentropy") return binary(engine, outputs, target);
    const truth = loss === "categoricalCrossentropy" ? engine.argMax(target, -1) : target;
    return shareEqual(engine, engine.argMax(outputs.tensor, -1), truth);
  },
};

function binary(engine: Engine, { kind, tensor }: Outputs, target: Tensor) {
  const predicted = engine.greater(tensor, kind === "logits" ? 0 : 0.5);
  return shareEqual(engine, predicted, engine.greater(engine.reshape(target, tensor.shape), 0.5));
}

function shareEqual(engine: Engine, predicted: Tensor, truth: Tensor) {
  const equal = engine.equal(engine.cast(predicted, "int32"), engine.cast(truth, "int32"));
  return engine.mean<Scalar>(engine.cast(equal, "float32"));
}
