/** A model that is ready to be asked: built, on a device, with what its outputs mean and how they are measured. */
import { MillraceError, type NdArray } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { LossName } from "../losses/losses.js";
import type { MetricName } from "../metrics/metrics.js";
import type { CodeModel } from "./code-model.js";
import type { Forward } from "./forward.js";

export interface ReadyModel {
  readonly engine: Engine;
  readonly model: LayersModel;
  readonly forward: Forward;
  readonly loss: LossName;
  /** The model's own loss of each sample, instead of the one named. */
  readonly ownLoss?: CodeModel["loss"];
  readonly metrics: readonly MetricName[];
}

/** One batch on the device. */
export interface Example {
  readonly input: Tensor;
  readonly target: Tensor;
  /** How much each answer counts, shape [answers]; equally much if absent. */
  readonly weights?: Tensor;
  /** How much all of them count together. */
  readonly share: number;
  readonly samples: number;
  /** The target on the host. */
  readonly truth: ArrayLike<number>;
}

/** The mean over what a loss gives for each sample: [samples, …] becomes [samples]. */
export function perSample(engine: Engine, each: Tensor, samples: number): Tensor {
  return engine.mean(engine.reshape(each, [samples, -1]), 1);
}

/** Raises TRAINING_INPUT if the model cannot take inputs of this shape. */
export function checkInputShape(model: LayersModel, input: NdArray): void {
  const expected = model.inputs[0].shape.slice(1);
  const given = input.shape.slice(1);
  const fits =
    expected.length === given.length && expected.every((extent, i) => extent === null || extent === given[i]);
  if (fits) return;
  throw new MillraceError(
    "TRAINING_INPUT",
    `the model takes inputs of shape [${expected.join(", ")}], was [${given.join(", ")}]`,
    {
      hint: "Resize or pad the samples, or state inputShape in the first layer with null where extents vary.",
    },
  );
}
