/** What a metric is: a number computed from the outputs of the same forward pass that gave the loss. */
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { LossName } from "../losses/losses.js";
import type { Outputs } from "../losses/loss.js";

export interface Metric {
  readonly name: string;
  /** The losses with which it makes sense. */
  readonly suits: readonly LossName[];
  /** The mean over the samples, shape []; outputs and target as the loss takes them. */
  mean(engine: Engine, outputs: Outputs, target: Tensor, loss: LossName): Scalar;
}
