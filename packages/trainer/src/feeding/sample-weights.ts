/** How much each sample counts in the training loss: by its label, by a number in the batch, or by both. */
import { type Batch, isNdArray, labelUnknown, MillraceError, type NdArray } from "@millrace/core";
import type { LossName } from "../losses/losses.js";
import { largestOf } from "../metrics/answers.js";
import type { TrainerOptions } from "../options.js";

const classWeightsPath = ["trainer", "with", "classWeights"];

export interface Weighing {
  /** Undefined where every sample counts the same; else one number for each element of the loss. */
  weigh(batch: Batch, target: NdArray): Float32Array | undefined;
}

/** `units` is the last axis of the model's output. Raises OPTION_INVALID or LABEL_UNKNOWN for weights that do not fit. */
export function weighingOf(
  { classWeights, sampleWeight, loss }: Pick<TrainerOptions, "classWeights" | "sampleWeight" | "loss">,
  units: number,
  labels: readonly string[] | undefined,
): Weighing {
  if (classWeights === undefined && sampleWeight === undefined) return { weigh: () => undefined };
  const byLabel = classWeights && listOf(classWeights, loss === "binaryCrossentropy" ? 2 : units, labels);
  return {
    weigh(batch, target) {
      const own = sampleWeight === undefined ? undefined : columnOf(batch, sampleWeight, target.shape[0]);
      const perAnswer = loss === "categoricalCrossentropy" ? units : 1;
      const weights = new Float32Array(target.data.length / perAnswer);
      const perSample = weights.length / target.shape[0];
      for (let i = 0; i < weights.length; i++) {
        const label = labelAt(loss, target.data, i, perAnswer);
        weights[i] = (byLabel?.[label] ?? 1) * (own?.[Math.floor(i / perSample)] ?? 1);
      }
      return weights;
    },
  };
}

function labelAt(loss: LossName, data: ArrayLike<number>, i: number, units: number): number {
  if (loss === "categoricalCrossentropy") return largestOf(data, i * units, units);
  return loss === "binaryCrossentropy" ? Number(data[i] > 0.5) : data[i];
}

function listOf(
  given: readonly number[] | Readonly<Record<string, number>>,
  count: number,
  labels: readonly string[] | undefined,
): readonly number[] {
  if (Array.isArray(given)) {
    if (given.length === count) return given as readonly number[];
    throw new MillraceError(
      "OPTION_INVALID",
      `classWeights must have one number for each of ${count} labels, had ${given.length}`,
      { path: classWeightsPath },
    );
  }
  if (labels === undefined) {
    throw new MillraceError("OPTION_INVALID", "classWeights by name need a source that knows its labels", {
      hint: "Give classWeights as a list of numbers, by label index.",
      path: classWeightsPath,
    });
  }
  const weights = labels.map(() => 1);
  for (const [label, weight] of Object.entries(given)) {
    const index = labels.indexOf(label);
    if (index < 0) throw labelUnknown(label, labels, [...classWeightsPath, label]);
    weights[index] = weight;
  }
  return weights;
}

function columnOf({ data }: Batch, key: string, samples: number): ArrayLike<number> {
  const column = (data as Record<string, unknown>)[key];
  if (!isNdArray(column) || column.data.length !== samples) {
    throw new MillraceError(
      "TRAINING_INPUT",
      `the sample weights "${key}" must be one number for each sample in the batch, were not`,
      {
        hint: "Set the trainer's option `sampleWeight` to the key of such a column.",
        path: ["trainer", "with", "sampleWeight"],
      },
    );
  }
  const bad = column.data.findIndex((weight: number) => !(weight >= 0 && Number.isFinite(weight)));
  if (bad < 0) return column.data;
  throw new MillraceError("TRAINING_INPUT", `a sample weight must be 0 or more, was ${column.data[bad]}`);
}
