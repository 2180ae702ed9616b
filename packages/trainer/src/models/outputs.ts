/** Whether a model gives as many numbers as there are labels. */
import { type DatasetFacts, MillraceError } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { LossName } from "../losses/losses.js";
import type { TrainerOptions } from "../options.js";
import { outputPath } from "./spec-path.js";

const onePerLabel: readonly LossName[] = ["sparseCategoricalCrossentropy", "categoricalCrossentropy"];

interface Model {
  readonly model: LayersModel;
  readonly ownLoss?: unknown;
}

/** Raises MODEL_INVALID where the labels of the data are known and the model gives more numbers, or fewer. */
export function checkOutputs(
  { model, ownLoss }: Model,
  { loss, target = "label" }: Pick<TrainerOptions, "loss" | "target">,
  { labels }: DatasetFacts,
): void {
  if (labels === undefined || ownLoss !== undefined || target !== "label") return;
  const shape = model.outputs[0].shape.slice(1);
  const [units] = shape;
  if (!onePerLabel.includes(loss) || shape.length !== 1 || units === null || units === labels.length) return;
  throw new MillraceError(
    "MODEL_INVALID",
    `the model must give one number for each label: it gives ${units}, there are ${labels.length} labels`,
    {
      hint: 'Give the last layer one unit for each label: "units": {"from": "labels.count"}.',
      path: outputPath(model, "units"),
    },
  );
}
