/** Asks a trained model about batches that have no targets. */
import type { Batch } from "@millrace/core";
import type { Answers, Predictor, TrainedContext } from "@millrace/core/spec";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { Outputs } from "../losses/loss.js";
import type { LossName } from "../losses/losses.js";
import { losses } from "../losses/losses.js";
import { inputsOf } from "../feeding/columns.js";
import { checkInputs } from "../feeding/staging.js";
import type { BuiltModel } from "../loop/session.js";
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
    answer: (batch) => answer(built, options, batch),
  };
}

/** Raises TRAINING_INPUT for inputs that the model cannot take. */
async function answer({ parts }: BuiltModel, options: TrainerOptions, batch: Batch): Promise<Answers> {
  const { engine, model, loss, forward, unit } = parts;
  const inputs = inputsOf(batch, options);
  checkInputs(parts, inputs, batch.indices);
  const made = engine.tidy(() => {
    const tensors = inputs.map(({ array }) => upload(engine, array));
    return meaningOf(engine, loss, forward.run(tensors, false));
  });
  try {
    const values = await made.data();
    return {
      kind: answerKind(loss, model.outputs[0].shape.slice(1)),
      shape: made.shape,
      data: unit?.restore(values) ?? values,
    };
  } finally {
    made.dispose();
  }
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
