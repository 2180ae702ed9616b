/** A model built for batches of one form, and the session of a run that trains it. */
import { MillraceError } from "@millrace/core";
import type { FitContext, ModelInput } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { labelLosses, losses, numberLosses } from "../losses/losses.js";
import { type MetricName, metrics } from "../metrics/metrics.js";
import type { TrainerOptions } from "../options.js";
import { buildModel } from "../models/build-model.js";
import { type Columns, formsOf } from "../feeding/columns.js";
import { type Forward, forwardOf } from "../models/forward.js";
import { inputOrder } from "../models/model-inputs.js";
import { Together } from "../group/together.js";
import { Learner } from "./learner.js";
import { type Noise, takeOverNoise } from "../models/noise.js";
import { ignoredTarget, type Weighing, weighingOf } from "../feeding/sample-weights.js";
import type { ReadyModel } from "../models/ready.js";
import { targetUnitOf } from "../models/target-unit.js";

/** What measuring and answering need. */
export interface BuiltModel {
  readonly parts: ReadyModel;
  readonly weighing: Weighing;
}

/** What training has beside: its optimizer, and the noise of its steps. */
export interface Session extends BuiltModel {
  readonly learner: Learner;
  readonly noise: Noise;
  /** Frees every tensor of the session. */
  close(): void;
}

/** Builds the model for data that looks like `first`; raises MODEL_INVALID. `steps` are the batches of an epoch, where that is known. */
export async function openSession(
  engine: Engine,
  options: TrainerOptions,
  context: Pick<FitContext, "model" | "facts" | "inverses" | "seed">,
  first: Pick<Columns, "inputs">,
  steps: number | undefined,
  together = new Together(),
): Promise<Session> {
  const { model: definition, facts, inverses, seed } = context;
  const forms = formsOf(first.inputs);
  const [{ shape, dtype }] = forms;
  const isList = typeof options.input === "object";
  const input: ModelInput = { ...facts, shape, dtype, ...(isList && { inputs: forms }) };
  const { model, loss: ownLoss } = await buildModel(engine, definition, input, seed);
  try {
    const order = inputOrder(model, forms);
    const unit = targetUnitOf(options, inverses);
    const parts: ReadyModel = {
      engine,
      model,
      inputs: forms.map((_, i) => model.inputs[order.indexOf(i)]),
      forward: reordered(forwardOf(engine, model, losses[options.loss], options.fromLogits), order),
      loss: options.loss,
      smoothing: options.labelSmoothing,
      ...(ownLoss && { ownLoss }),
      metrics: measuredOf(options, model),
      ignored: ignoredTarget(options),
      ...(unit && { unit }),
    };
    const units = model.outputs[0].shape.at(-1) ?? 1;
    // A loss of the model's own knows no smoothing.
    const labelSmoothing = ownLoss ? 0 : options.labelSmoothing;
    const weighing = weighingOf({ ...options, labelSmoothing }, units, facts.labels);
    const noise = takeOverNoise(engine, model, seed, together.group.rank);
    const learner = new Learner(parts, options, noise, steps, together);
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

/** The same, given its inputs in the order in which the trainer names them. */
function reordered(forward: Forward, order: readonly number[]): Forward {
  return {
    ...forward,
    run: (inputs, training) =>
      forward.run(
        order.map((i) => inputs[i]),
        training,
      ),
  };
}

/** A confusion matrix of more labels is no longer looked at, and its place in each checkpoint grows with their square. */
const mostShown = 100;

/** The metrics that were asked for, or the one that suits the loss. */
export function metricsOf({ loss, metrics: asked }: TrainerOptions): readonly MetricName[] {
  return asked ?? [numberLosses.includes(loss) ? "meanAbsoluteError" : "accuracy"];
}

/** These, and where it costs the device nothing more, the confusion matrix. */
function measuredOf(options: TrainerOptions, { outputs }: LayersModel): MetricName[] {
  const { loss } = options;
  const names = metricsOf(options);
  const { shape } = outputs[0];
  // Flags do not exclude each other: none is taken for another.
  const areFlags = loss === "binaryCrossentropy" && shape.slice(1).some((extent) => extent !== 1);
  if (areFlags && names.includes("confusionMatrix")) throw noConfusion(names);
  const fits =
    !areFlags && labelLosses.includes(loss) && shape.length === 2 && (shape[1] ?? Infinity) <= mostShown;
  const isRead = names.some((name) => metrics[name].reads === "predicted");
  const adds = fits && isRead && !names.includes("confusionMatrix");
  return adds ? [...names, "confusionMatrix"] : [...names];
}

function noConfusion(names: readonly MetricName[]): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    "confusionMatrix needs a model that picks one label for each answer, was one with flags",
    {
      hint: "Leave it out of `metrics`; precision, recall and f1 are measured flag by flag.",
      path: ["trainer", "with", "metrics", names.indexOf("confusionMatrix")],
    },
  );
}
