/** One run's engine state: the built model, its optimizer and what steps need, made from the first batch. */
import { type FitContext, MillraceError, type ModelInput, type NdArray } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { losses, numberLosses } from "../losses/losses.js";
import type { TrainerOptions } from "../options.js";
import { buildModel } from "../models/build-model.js";
import { type Columns, sampleShape } from "./columns.js";
import { forwardOf } from "./forward.js";
import { Learner } from "./learner.js";
import { type Noise, takeOverNoise } from "./noise.js";
import { type Weighing, weighingOf } from "./sample-weights.js";
import type { StepParts } from "./step.js";

export interface Session {
  readonly parts: StepParts;
  readonly learner: Learner;
  readonly weighing: Weighing;
  readonly noise: Noise;
  /** Frees every tensor of the session. */
  close(): void;
}

/** Builds the model for data that looks like `first`; raises MODEL_INVALID. `steps` are the batches of an epoch. */
export async function openSession(
  engine: Engine,
  options: TrainerOptions,
  context: Pick<FitContext, "model" | "facts" | "seed">,
  first: Columns,
  steps: number,
): Promise<Session> {
  const { model: definition, facts, seed } = context;
  const input: ModelInput = { ...facts, shape: sampleShape(first.input), dtype: first.input.dtype };
  const { model, loss: ownLoss } = await buildModel(engine, definition, input, seed);
  try {
    const fallback = numberLosses.includes(options.loss) ? "meanAbsoluteError" : "accuracy";
    const parts: StepParts = {
      engine,
      model,
      forward: forwardOf(engine, model, losses[options.loss], options.fromLogits),
      loss: options.loss,
      ...(ownLoss && { ownLoss }),
      metrics: options.metrics ?? [fallback],
    };
    const units = model.outputs[0].shape.at(-1) ?? 1;
    const weighing = weighingOf(options, units, facts.labels);
    const noise = takeOverNoise(engine, model, seed);
    const learner = new Learner(parts, options, noise, steps);
    const close = (): void => {
      learner.close();
      model.dispose();
    };
    return { parts, learner, weighing, noise, close };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Raises TRAINING_INPUT if the model cannot take inputs of this shape. */
export function checkInputShape(model: LayersModel, input: NdArray): void {
  const expected = model.inputs[0].shape.slice(1);
  const given = sampleShape(input);
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
