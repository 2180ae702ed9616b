/** What a model gives, read from its graph: how it ends, whatever stands between its last activation and its output. */
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { OpenLayer } from "./layer-tree.js";

export type EndingActivation = "softmax" | "sigmoid";

export interface Ending {
  readonly activation: EndingActivation;
  /**
   * The layer whose activation it is, where the model without it gives exactly the logits; absent where what follows
   * does more than keep the numbers in their rows.
   */
  readonly layer?: OpenLayer;
}

/** Layers whose activation is the last thing they do. */
const activated =
  /^(Activation|Conv1D|Conv2D|Conv2DTranspose|Conv3D|Conv3DTranspose|Dense|DepthwiseConv2D|SeparableConv2D|Softmax)$/;
/** Layers that hand on what they are given, but for noise while training. */
const noisy = /^(AlphaDropout|Dropout|GaussianDropout|GaussianNoise|SpatialDropout1D|Masking)$/;
/** Layers that average or choose among distributions, place by place. */
const pooling =
  /^(AveragePooling[123]D|Cropping2D|GlobalAveragePooling[12]D|RepeatVector|Average|UpSampling2D)$/;

/** Undefined for a model that ends in anything else. */
export function endingOf(engine: Engine, model: LayersModel): Ending | undefined {
  return endingAt(engine, model.outputs[0]);
}

function endingAt(engine: Engine, output: SymbolicTensor): Ending | undefined {
  const layer = output.sourceLayer as OpenLayer;
  const node = layer.inboundNodes[output.nodeIndex];
  const own = endingOfLayer(engine, layer);
  // A layer that stands in several places cannot lose its activation in one of them.
  if (own !== undefined) return layer.inboundNodes.length > 1 ? inexact(own) : own;
  const before = node.inputTensors;
  const name = layer.getClassName();
  if (before.length === 0) return undefined;
  if (name === "Concatenate") return inexact(common(engine, before, "sigmoid"));
  if (pooling.test(name)) return inexact(common(engine, before));
  const [input] = before;
  if (noisy.test(name)) return inexact(endingAt(engine, input));
  if (/^(Reshape|Flatten|Permute)$/.test(name)) {
    const found = endingAt(engine, input);
    const keepsRows = name !== "Permute" && input.shape.at(-1) === output.shape.at(-1);
    return found?.activation === "sigmoid" || keepsRows ? found : inexact(found);
  }
  return undefined;
}

/** The ending of one layer, inside of models and of wrappers that apply it to each time step. */
function endingOfLayer(engine: Engine, layer: OpenLayer): Ending | undefined {
  if (layer instanceof engine.LayersModel) return endingAt(engine, layer.outputs[0]);
  const name = layer.getClassName();
  if (name === "TimeDistributed") return endingOfLayer(engine, layer.layer as OpenLayer);
  if (name === "Softmax") return { activation: "softmax", layer };
  if (name === "SimpleRNN") return inexact(activationOf(layer.cell as OpenLayer));
  return activated.test(name) ? activationOf(layer) : undefined;
}

function activationOf(layer: OpenLayer): Ending | undefined {
  const name = (layer.activation as { getClassName(): string } | undefined)?.getClassName();
  return name === "softmax" || name === "sigmoid" ? { activation: name, layer } : undefined;
}

/** What all of them end in, if it is the same. */
function common(
  engine: Engine,
  inputs: readonly SymbolicTensor[],
  only?: EndingActivation,
): Ending | undefined {
  const endings = inputs.map((input) => endingAt(engine, input)?.activation);
  const [activation] = endings;
  const isShared = endings.every((each) => each === activation);
  if (activation === undefined || !isShared || (only !== undefined && activation !== only)) return undefined;
  return { activation };
}

function inexact(ending: Ending | undefined): Ending | undefined {
  return ending && { activation: ending.activation };
}
