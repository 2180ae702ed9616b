/** A model that is ready to be asked: built, on a device, with what its outputs mean and how they are measured. */
import { MillraceError, type NdArray } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { ByLabel } from "../losses/loss.js";
import type { LossName } from "../losses/losses.js";
import type { MetricName } from "../metrics/metrics.js";
import type { CodeModel } from "./code-model.js";
import { type Forward, hasViews } from "./forward.js";
import type { TargetUnit } from "./target-unit.js";

export interface ReadyModel {
  readonly engine: Engine;
  readonly model: LayersModel;
  /** What the model is given, in the order in which the trainer names it: not always the model's own. */
  readonly inputs: readonly SymbolicTensor[];
  readonly forward: Forward;
  readonly loss: LossName;
  /** The share of each target that goes to all labels alike. */
  readonly smoothing?: number | undefined;
  /** The model's own loss of each sample, instead of the one named. */
  readonly ownLoss?: CodeModel["loss"];
  readonly metrics: readonly MetricName[];
  /** The target of answers that do not count, where the loss knows one. */
  readonly ignored?: number | undefined;
  /** Where transforms have changed the target. */
  readonly unit?: TargetUnit;
}

/** One batch on the device. */
export interface Example {
  readonly inputs: readonly Tensor[];
  readonly target: Tensor;
  /** How much each answer counts, shape [answers]; equally much if absent. */
  readonly weights?: Tensor;
  /** What labels count, where that is no part of `weights`. */
  readonly byLabel?: ByLabel;
  /** How much all of them count together. */
  readonly share: number;
  /** Of the dataset: where a collate function joins or parts samples, not as many as the batch has rows. */
  readonly samples: number;
  /** The target on the host. */
  readonly truth: ArrayLike<number>;
}

/** The mean over what a loss gives for each row: [rows, …] becomes [rows]; 0 where nothing of a row counts. */
export function perRow(engine: Engine, each: Tensor, weights?: Tensor): Tensor {
  const [rows] = each.shape;
  const own = engine.reshape(each, [rows, -1]);
  if (weights === undefined) return engine.mean(own, 1);
  const counts = engine.reshape(weights, own.shape);
  const share = engine.maximum(engine.sum(counts, 1), 1e-30);
  return engine.div(engine.sum(engine.mul(own, counts), 1), share);
}

/** An input of the model, and the key under which it stands in a batch. */
export interface InputColumn {
  readonly name: string;
  /** Shape [samples, …]. */
  readonly array: NdArray;
}

/** Raises TRAINING_INPUT if the model cannot take inputs of these shapes. */
export function checkInputShapes(
  { inputs: taken }: Pick<ReadyModel, "inputs">,
  inputs: readonly InputColumn[],
): void {
  for (const [i, { name, array }] of inputs.entries()) {
    const expected = taken[i].shape.slice(1);
    const given = array.shape.slice(1);
    const fits =
      expected.length === given.length &&
      expected.every((extent, axis) => extent === null || extent === given[axis]);
    if (fits || (inputs.length === 1 && hasViews(expected, given))) continue;
    const what = inputs.length === 1 ? "inputs" : `"${name}"`;
    throw new MillraceError(
      "TRAINING_INPUT",
      `the model takes ${what} of shape [${expected.join(", ")}], was [${given.join(", ")}]`,
      {
        hint: "Resize or pad the samples, or state inputShape in the first layer with null where extents vary.",
      },
    );
  }
}
