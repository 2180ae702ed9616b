/** Runs a model so that the loss gets logits: a final softmax or sigmoid is left out and undone exactly. */
import { MillraceError } from "@millrace/core";
import type { ExportOutput } from "@millrace/core/spec";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { Loss, OutputKind, Outputs } from "../losses/loss.js";
import { endingOf } from "./ending.js";
import type { Layer, OpenLayer } from "./layer-tree.js";
import { outputPath } from "./spec-path.js";

export interface Forward {
  readonly kind: OutputKind;
  /** What the model gives by itself, with the activation that `run` leaves out. */
  readonly gives: ExportOutput["gives"];
  /**
   * One forward pass, on as many inputs as the model has, in its order; `training` turns dropout and batch statistics on. Without it,
   * one input may have an axis more than the model takes, behind the batch: views of each sample, over which the answers are averaged.
   */
  run(inputs: readonly Tensor[], training: boolean): Outputs;
}

/** Raises MODEL_INVALID if `fromLogits`, or the loss, contradicts the model. */
export function forwardOf(
  engine: Engine,
  model: LayersModel,
  { activation, name }: Loss,
  fromLogits?: boolean,
): Forward {
  if (activation === undefined) return plain(engine, model, "values", "numbers");
  if (activation === "softmax" && model.outputs[0].shape.at(-1) === 1) {
    throw new MillraceError("MODEL_INVALID", `${name} needs a model with two outputs or more, was one`, {
      hint: "Give the last layer one unit for each label, or take the loss binaryCrossentropy.",
      path: outputPath(model, "units"),
    });
  }
  const ending = endingOf(engine, model);
  if (ending === undefined) {
    return fromLogits === false ? plain(engine, model, "probabilities") : plain(engine, model, "logits");
  }
  if (fromLogits === true) {
    throw new MillraceError(
      "MODEL_INVALID",
      `fromLogits must be false or left out, as the model ends in a ${ending.activation}`,
      {
        hint: `Remove the ${ending.activation} from the model, or the option fromLogits.`,
        path: ["trainer", "with", "fromLogits"],
      },
    );
  }
  if (activation === "softmax" && ending.activation === "sigmoid") {
    throw new MillraceError(
      "MODEL_INVALID",
      `${name} needs a model that ends in a softmax or in none, ends in a sigmoid`,
      {
        hint: "Take softmax instead, or the loss binaryCrossentropy for labels that do not exclude each other.",
        path: outputPath(model, "activation"),
      },
    );
  }
  if (ending.layer === undefined || ending.activation !== activation)
    return plain(engine, model, "probabilities");
  const detached = withoutActivation(engine, ending.layer);
  return {
    kind: "logits",
    gives: "probabilities",
    run: (inputs, training) => detached("logits", () => call(engine, model, inputs, training)),
  };
}

function plain(
  engine: Engine,
  model: LayersModel,
  kind: OutputKind,
  gives: Forward["gives"] = kind === "probabilities" ? "probabilities" : "logits",
): Forward {
  return {
    kind,
    gives,
    run: (inputs, training) => ({ kind, tensor: call(engine, model, inputs, training) }),
  };
}

function call(engine: Engine, model: LayersModel, inputs: readonly Tensor[], training: boolean): Tensor {
  const [first] = inputs;
  const isViews = inputs.length === 1 && hasViews(model.inputs[0].shape.slice(1), first.shape.slice(1));
  if (!isViews) return callOnce(model, inputs, training);
  if (!training) return meanOfViews(engine, model, first);
  throw new MillraceError(
    "TRAINING_INPUT",
    `training takes one view of each sample, [${model.inputs[0].shape.slice(1).join(", ")}], was [${first.shape.slice(1).join(", ")}]`,
    {
      hint: 'Several, as of five-crop, are for measuring and predicting: give the transform `only: "validation"`.',
    },
  );
}

/** Whether a sample is several views of what a model takes, `five-crop`'s for instance: images, one axis more. */
export function hasViews(taken: readonly (number | null)[], given: readonly number[]): boolean {
  if (taken.length < 3 || given.length !== taken.length + 1) return false;
  return taken.every((extent, axis) => extent === null || extent === given[axis + 1]);
}

/** The mean of what the model gives for each view of [batch, views, …]. */
function meanOfViews(engine: Engine, model: LayersModel, inputs: Tensor): Tensor {
  const [batch, views, ...shape] = inputs.shape;
  return engine.tidy(() => {
    const output = callOnce(model, [engine.reshape(inputs, [batch * views, ...shape])], false);
    return engine.mean(engine.reshape(output, [batch, views, ...output.shape.slice(1)]), 1);
  });
}

function callOnce(model: LayersModel, inputs: readonly Tensor[], training: boolean): Tensor {
  const output = model.call(inputs.length === 1 ? inputs[0] : [...inputs], { training });
  return Array.isArray(output) ? output[0] : output;
}

/** Runs `act` while the layer has no activation. */
function withoutActivation(engine: Engine, layer: OpenLayer) {
  const isOwnLayer = layer.getClassName() === "Softmax";
  const key = isOwnLayer ? "call" : "activation";
  const linear: Layer = engine.layers.activation({ activation: "linear" });
  const substitute = isOwnLayer
    ? (inputs: Tensor | Tensor[]) => engine.clone(Array.isArray(inputs) ? inputs[0] : inputs)
    : (linear as OpenLayer).activation;
  return (kind: OutputKind, act: () => Tensor): Outputs => {
    const own = Object.getOwnPropertyDescriptor(layer, key);
    Object.defineProperty(layer, key, { value: substitute, configurable: true, writable: true });
    try {
      return { kind, tensor: act() };
    } finally {
      if (own === undefined) delete layer[key];
      else Object.defineProperty(layer, key, own);
    }
  };
}
