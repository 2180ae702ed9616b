/** Asks a trained model about batches that have no targets. */
import { type Batch, MillraceError } from "@millrace/core";
import type { Answers, Predictor, TrainedContext } from "@millrace/core/spec";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { Outputs } from "../losses/loss.js";
import type { LossName } from "../losses/losses.js";
import { losses } from "../losses/losses.js";
import { inputsOf } from "../feeding/columns.js";
import { checkInputs } from "../feeding/staging.js";
import type { BuiltModel } from "../loop/session.js";
import type { OpenLayer } from "../models/layer-tree.js";
import { resolutionOf } from "../models/target-unit.js";
import { upload } from "../tensors.js";
import type { TrainerOptions } from "../options.js";
import { openTrained } from "./open-trained.js";

export async function predict(options: TrainerOptions, context: TrainedContext): Promise<Predictor> {
  const trained = await openTrained(options, context);
  const { built, device, weights } = trained;
  return {
    device,
    weights,
    close: () => trained.close(),
    outputShape: built.parts.model.outputs[0].shape.slice(1),
    ...maxStepsOf(built.parts.model),
    answer: (batch, { step } = {}) => answer(built, options, batch, step),
  };
}

/** Raises TRAINING_INPUT for inputs that the model cannot take. */
async function answer(
  { parts }: BuiltModel,
  options: TrainerOptions,
  batch: Batch,
  step: number | undefined,
): Promise<Answers> {
  const { engine, model, loss, forward, unit } = parts;
  const inputs = inputsOf(batch, options);
  checkInputs(parts, inputs, batch.indices);
  const made = engine.tidy(() => {
    const tensors = inputs.map(({ array }) => upload(engine, array));
    const outputs = forward.run(tensors, false);
    return meaningOf(engine, loss, step === undefined ? outputs : atStep(engine, outputs, step));
  });
  try {
    const values = await made.data();
    return {
      kind: answerKind(loss, model.outputs[0].shape.slice(1)),
      shape: made.shape,
      data: unit?.restore(values) ?? values,
      ...(unit && { resolution: resolutionOf(unit, values) }),
    };
  } finally {
    made.dispose();
  }
}

/** The outputs of one step: [samples, …] of [samples, steps, …]. */
function atStep(engine: Engine, { kind, tensor }: Outputs, step: number): Outputs {
  const [samples, steps, ...rest] = tensor.shape;
  if (rest.length > 0 && step >= 0 && step < steps) {
    const one = engine.slice(tensor, [0, step], [samples, 1]);
    return { kind, tensor: engine.reshape(one, [samples, ...rest]) };
  }
  throw new MillraceError(
    "INPUT_INVALID",
    rest.length > 0
      ? `a step must be one of the ${steps} that the model answers at, was ${step}`
      : `a step's answer needs a model that gives one at every step, but this one gives [${tensor.shape.slice(1).join(", ")}] for a sample`,
    { hint: "Ask a language model: one that was trained to tell the next token of each." },
  );
}

/** Where the model takes sequences of one length, or knows so many positions. */
function maxStepsOf({ inputs, layers }: LayersModel): Pick<Predictor, "maxSteps"> {
  const positions = (layers as OpenLayer[])
    .filter((layer) => layer.getClassName() === "MillracePositionEmbedding" && layer.kind === "learned")
    .map(({ maxLength }) => maxLength);
  const limits = [inputs[0].shape[1], ...positions].filter((limit) => typeof limit === "number");
  return limits.length === 0 ? {} : { maxSteps: Math.min(...limits) };
}

/** Probabilities instead of logits; one yes or no becomes the probabilities of both. */
function meaningOf(engine: Engine, loss: LossName, { kind, tensor }: Outputs): Tensor {
  const { activation } = losses[loss];
  if (activation === "softmax") return kind === "logits" ? engine.softmax(tensor) : engine.clone(tensor);
  if (activation === undefined) return engine.clone(tensor);
  const yes = kind === "logits" ? engine.sigmoid(tensor) : tensor;
  const isSingle = tensor.rank === 2 && tensor.shape[1] === 1;
  return isSingle ? engine.concat([engine.sub(1, yes), yes], 1) : engine.clone(yes);
}

/** What the numbers are that a model gives for one sample; `shape` is that of its output. */
export function answerKind(loss: LossName, shape: readonly (number | null)[]): Answers["kind"] {
  const { activation } = losses[loss];
  if (activation === undefined) return "numbers";
  return activation === "softmax" || (shape.length === 1 && shape[0] === 1) ? "labels" : "flags";
}
