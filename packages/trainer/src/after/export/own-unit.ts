/** A trained model that gives its target in the source's own unit, where the way back is something that layers can do. */
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Engine } from "../../engine.js";
import { disposeWeights, type Layer } from "../../models/layer-tree.js";
import type { ReadyModel } from "../../models/ready.js";
import { type Affine, affineOf } from "../../models/target-unit.js";

export interface Led {
  readonly model: LayersModel;
  /** Whether there was a unit to be led back to, and whether the model gives it. */
  readonly unit?: "own" | "trained";
  /** Frees what was added to the model, not the model. */
  close(): void;
}

/** The model with one layer more at its end, or as it is. */
export function inOwnUnit({ engine, model, unit }: ReadyModel): Led {
  const asIs = { model, close: () => {} };
  if (unit === undefined) return asIs;
  const [output] = model.outputs;
  const shape = output.shape.slice(1);
  const size = shape.reduce<number>((product, extent) => product * (extent ?? Number.NaN), 1);
  const affine = Number.isNaN(size) ? undefined : affineOf(unit, size);
  const layer = affine && layerOf(engine, affine, shape.length);
  if (layer === undefined) return { ...asIs, unit: "trained" };
  const outputs = layer.apply(output) as SymbolicTensor;
  const led = engine.model({ inputs: model.inputs, outputs, name: "model" });
  setWeights(engine, layer, affine as Affine);
  return { model: led, unit: "own", close: () => disposeWeights(engine, [layer]) };
}

const name = "own_unit";

/** One scale for all numbers of a sample, or one for each of a list. */
function layerOf(engine: Engine, { scale, offset }: Affine, rank: number): Layer | undefined {
  const isOne = scale.every((value, i) => value === scale[0] && offset[i] === offset[0]);
  if (isOne) return engine.layers.rescaling({ scale: scale[0], offset: offset[0], name });
  return rank === 1 ? engine.layers.dense({ units: scale.length, name }) : undefined;
}

/** A matrix with the scales on its diagonal. */
function setWeights(engine: Engine, layer: Layer, { scale, offset }: Affine): void {
  if (layer.weights.length === 0) return;
  engine.tidy(() => {
    layer.setWeights([engine.diag(engine.tensor1d([...scale])), engine.tensor1d([...offset])]);
  });
}
