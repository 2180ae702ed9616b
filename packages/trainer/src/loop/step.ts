/** One training step and one evaluation step: forward, loss, and for training backward and update. */
import type { Optimizer, Scalar, Tensor, Tensor1D, Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { Loss, Outputs } from "../losses/loss.js";
import { type LossName, losses } from "../losses/losses.js";
import { type MetricName, metrics } from "../metrics/metrics.js";
import type { Forward } from "./forward.js";

export interface StepParts {
  readonly engine: Engine;
  readonly model: LayersModel;
  readonly forward: Forward;
  readonly loss: LossName;
  readonly metrics: readonly MetricName[];
}

/** The loss and then each metric, as means over the batch; they are read from the device in one go. */
export type Measured = readonly number[];

/** Updates the weights once; what is returned was measured before the update, in the same forward pass. */
export async function trainStep(
  parts: StepParts,
  optimizer: Optimizer,
  input: Tensor,
  target: Tensor,
): Promise<Measured> {
  const { engine, model } = parts;
  let outputs: Outputs | undefined;
  const forward = (): Scalar => {
    outputs = parts.forward.run(input, true);
    // The gradient's own scope would dispose of what the metrics still need.
    engine.keep(outputs.tensor);
    return objective(parts, outputs, target);
  };
  try {
    const measured = engine.tidy(() => {
      const weights = model.trainableWeights.map((weight) => weight.read() as Variable);
      const { value, grads } = engine.variableGrads(forward, weights);
      optimizer.applyGradients(grads);
      return measure(parts, value, outputs as Outputs, target);
    });
    return await readBack(measured);
  } finally {
    outputs?.tensor.dispose();
  }
}

/** Measures without dropout, batch statistics or update. */
export async function evaluateStep(parts: StepParts, input: Tensor, target: Tensor): Promise<Measured> {
  const measured = parts.engine.tidy(() => {
    const outputs = parts.forward.run(input, false);
    return measure(parts, objective(parts, outputs, target), outputs, target);
  });
  return readBack(measured);
}

/** The loss and what the layers' regularizers add to it. */
function objective({ engine, model, loss }: StepParts, outputs: Outputs, target: Tensor): Scalar {
  const chosen: Loss = losses[loss];
  return [chosen.mean(engine, outputs, target), ...model.calculateLosses()].reduce((sum, term) =>
    engine.add(sum, term),
  );
}

function measure(parts: StepParts, loss: Scalar, outputs: Outputs, target: Tensor): Tensor1D {
  const { engine } = parts;
  const means = parts.metrics.map((name) => metrics[name].mean(engine, outputs, target, parts.loss));
  return engine.stack([loss, ...means]) as Tensor1D;
}

async function readBack(measured: Tensor1D): Promise<Measured> {
  try {
    return [...(await measured.data())];
  } finally {
    measured.dispose();
  }
}
