/** Runs a model so that the loss gets logits: a final softmax or sigmoid is left out and undone exactly. */
import { MillraceError } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { Loss, OutputKind, Outputs } from "../losses/loss.js";
import type { Layer, OpenLayer } from "./layer-tree.js";

export interface Forward {
  readonly kind: OutputKind;
  /** One forward pass; `training` turns dropout and batch statistics on. */
  run(input: Tensor, training: boolean): Outputs;
}

/** Raises MODEL_INVALID if `fromLogits` contradicts the model. */
export function forwardOf(
  engine: Engine,
  model: LayersModel,
  { activation, name }: Loss,
  fromLogits?: boolean,
): Forward {
  const last = lastLayer(engine, model);
  const ending = activation !== undefined && activationOf(last) === activation;
  if (ending && fromLogits === true) {
    throw new MillraceError(
      "MODEL_INVALID",
      `fromLogits must be false or left out, as the model ends in a ${activation}`,
      { hint: `Remove the ${activation} from the last layer, or the option fromLogits.` },
    );
  }
  if (activation === "softmax" && (last.outputShape as number[]).at(-1) === 1) {
    throw new MillraceError("MODEL_INVALID", `${name} needs a model with two outputs or more, was one`, {
      hint: "Give the last layer one unit for each label, or take the loss binaryCrossentropy.",
    });
  }
  if (ending) {
    const detached = withoutActivation(engine, last);
    return {
      kind: "logits",
      run: (input, training) => detached("logits", () => call(model, input, training)),
    };
  }
  const kind: OutputKind =
    activation === undefined ? "values" : fromLogits === false ? "probabilities" : "logits";
  return { kind, run: (input, training) => ({ kind, tensor: call(model, input, training) }) };
}

function call(model: LayersModel, input: Tensor, training: boolean): Tensor {
  const output = model.call(input, { training });
  return Array.isArray(output) ? output[0] : output;
}

/** The name of the activation that the model ends in, such as "softmax" or "linear". */
export function endingOf(engine: Engine, model: LayersModel): string | undefined {
  return activationOf(lastLayer(engine, model));
}

/** The layer whose output is the model's, inside of models and of wrappers that apply it to each time step. */
function lastLayer(engine: Engine, model: LayersModel): OpenLayer {
  const last = model.layers[model.layers.length - 1] as OpenLayer;
  if (last instanceof engine.LayersModel) return lastLayer(engine, last);
  let inner = last;
  while (inner.getClassName() === "TimeDistributed") inner = inner.layer as OpenLayer;
  return inner;
}

interface Activation {
  getClassName(): string;
}

function activationOf(layer: OpenLayer): string | undefined {
  if (layer.getClassName() === "Softmax") return "softmax";
  return (layer.activation as Activation | undefined)?.getClassName();
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
