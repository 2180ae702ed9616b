/** What a loss is: how it checks its targets, what it makes of the model's outputs, and what those mean. */
import type { NdArray } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";

/** The model's outputs before its final softmax or sigmoid (logits), after it, or plain numbers. */
export type OutputKind = "logits" | "probabilities" | "values";

export interface Outputs {
  readonly kind: OutputKind;
  /** Shape [samples, …]. */
  readonly tensor: Tensor;
}

/** Where a target that does not fit was found. */
export interface TargetPlace {
  /** Dataset indices of the samples. */
  readonly indices: readonly number[];
  /** The shape of the model's output for one sample; null where it is not fixed. */
  readonly outputShape: readonly (number | null)[];
  /** A target that stands for no answer: whatever it becomes on the device does not count. */
  readonly ignored?: number | undefined;
}

/** What a model says of each of the samples. */
export interface Decisions {
  /** Label index or number, shape [samples]. */
  readonly predicted: Tensor;
  /** Probability of the label, shape [samples]. */
  readonly confidence?: Tensor;
}

/** Weights of labels, where `smoothing` deals shares of a target to others than its own. */
export interface ByLabel {
  /** How much each label counts, shape [units]. */
  readonly labels: Tensor;
  /** How much each answer counts by its own label, shape [answers]. */
  readonly answers: Tensor;
}

export interface Loss {
  readonly name: string;
  /** The activation at the end of a model whose outputs are probabilities; none if outputs are plain numbers. */
  readonly activation?: "softmax" | "sigmoid";
  /** Checks targets against the model in plain JavaScript and copies them to the device; raises TRAINING_TARGET. */
  upload(engine: Engine, target: NdArray, place: TargetPlace): Tensor;
  /**
   * The loss of each answer of the model: shape [samples, …] without the axis of labels, if there is one. Of `smoothing`, the share
   * of each target that goes to all labels alike, only losses that pick one label know; `byLabel` weighs what goes to each.
   */
  each(engine: Engine, outputs: Outputs, target: Tensor, smoothing?: number, byLabel?: ByLabel): Tensor;
  /** What the outputs mean, for outputs of shape [samples, units]. */
  decide(engine: Engine, outputs: Outputs): Decisions;
}

/** The smallest probability that is told from 0, where a model gives probabilities only. */
export const epsilon = 1e-7;
