/** How much each answer counts in the loss: not at all where its target says so; while training also by its label, by a number in the batch, or by both. */
import { type Batch, didYouMean, isNdArray, labelUnknown, MillraceError, type NdArray } from "@millrace/core";
import type { LossName } from "../losses/losses.js";
import { largestOf } from "../metrics/answers.js";
import type { TrainerOptions } from "../options.js";
import { rowName } from "../tensors.js";

const classWeightsPath = ["trainer", "with", "classWeights"];

/** How much a batch counts. */
export interface Weights {
  /** One number for each element of the loss; undefined where each counts 1. */
  readonly each: Float32Array | undefined;
  /** All of them together, with what their labels count. */
  readonly share: number;
  /**
   * How much each label, and each answer by its own, counts, where that is no part of `each`: with `labelSmoothing` an
   * answer has a share of every label.
   */
  readonly byLabel?: { readonly labels: readonly number[]; readonly answers: Float32Array };
}

export interface Weighing {
  /** Labels and samples have weights while training only; what `ignoreIndex` leaves out never counts. */
  weigh(batch: Batch, target: NdArray, training: boolean): Weights;
}

/** `units` is the last axis of the model's output. Raises OPTION_INVALID or LABEL_UNKNOWN for weights that do not fit. */
export function weighingOf(
  options: Pick<TrainerOptions, "classWeights" | "sampleWeight" | "loss" | "ignoreIndex" | "labelSmoothing">,
  units: number,
  labels: readonly string[] | undefined,
): Weighing {
  const { classWeights, sampleWeight, loss, labelSmoothing = 0 } = options;
  const byLabel = classWeights && listOf(classWeights, loss === "binaryCrossentropy" ? 2 : units, labels);
  if (byLabel?.every((weight) => weight === 0)) {
    throw new MillraceError("OPTION_INVALID", "classWeights must let a label count, but all of them are 0", {
      hint: "Give 1 to what counts as usual.",
      path: classWeightsPath,
    });
  }
  const ignored = ignoredTarget(options);
  const perAnswer = loss === "categoricalCrossentropy" ? units : 1;
  return {
    weigh(batch, target, training) {
      const { data, shape } = target;
      const answers = data.length / perAnswer;
      const own =
        sampleWeight === undefined || !training ? undefined : columnOf(batch, sampleWeight, shape[0]);
      const labelled = training ? byLabel : undefined;
      const leavesOut = ignored !== undefined && data.includes(ignored);
      if (own === undefined && labelled === undefined && !leavesOut)
        return { each: undefined, share: answers };
      const each = new Float32Array(answers);
      const apart = labelled && labelSmoothing > 0 ? new Float32Array(answers) : undefined;
      const perSample = answers / shape[0];
      let share = 0;
      for (let i = 0; i < answers; i++) {
        if (leavesOut && data[i] === ignored) continue;
        const byOwn = labelled?.[labelAt(loss, data, i, perAnswer)] ?? 1;
        const bySample = own?.[Math.floor(i / perSample)] ?? 1;
        each[i] = apart ? bySample : byOwn * bySample;
        if (apart) apart[i] = byOwn;
        share += Math.fround(byOwn * bySample);
      }
      return { each, share, ...(labelled && apart && { byLabel: { labels: labelled, answers: apart } }) };
    },
  };
}

/** The target of answers that do not count; only the loss of label indices has one, as torch's has. */
export function ignoredTarget({
  loss,
  ignoreIndex,
}: Pick<TrainerOptions, "loss" | "ignoreIndex">): number | undefined {
  return loss === "sparseCategoricalCrossentropy" ? ignoreIndex : undefined;
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

function columnOf({ data, indices }: Batch, key: string, samples: number): ArrayLike<number> {
  const record = data as Record<string, unknown>;
  const path = ["trainer", "with", "sampleWeight"];
  if (!Object.hasOwn(record, key)) {
    const keys = Object.keys(record);
    throw new MillraceError(
      "TRAINING_INPUT",
      `the sample weights "${key}" must be in the batch, which has ${keys.map((name) => `"${name}"`).join(", ")}` +
        didYouMean(key, keys),
      { hint: "Set the trainer's option `sampleWeight` to one of them.", path },
    );
  }
  const column = record[key];
  if (!isNdArray(column) || column.data.length !== samples) {
    const was = isNdArray(column) ? `an array of shape [${column.shape.join(", ")}]` : "no array";
    throw new MillraceError(
      "TRAINING_INPUT",
      `the sample weights "${key}" must be one number for each of ${samples} samples in the batch, was ${was}`,
      { hint: "Set the trainer's option `sampleWeight` to the key of such a column.", path },
    );
  }
  const bad = column.data.findIndex((weight: number) => !(weight >= 0 && Number.isFinite(weight)));
  if (bad < 0) return column.data;
  throw new MillraceError(
    "TRAINING_INPUT",
    `a sample weight must be a finite number of 0 or more, was ${column.data[bad]}`,
    { where: [rowName(column, bad, indices)] },
  );
}
