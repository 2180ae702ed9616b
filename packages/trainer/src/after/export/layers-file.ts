/** What a program with a TensorFlow.js of its own can make of the layers that are written. */
import type { BuiltModel } from "../../loop/session.js";
import { codeModelClass } from "../../models/code-model.js";
import { layersWithin, type OpenLayer } from "../../models/layer-tree.js";

/** Layers that are code of a plugin cannot be made again by another program. */
export function whyNoLayers(built: BuiltModel): string | undefined {
  const all = layersOf(built);
  if (all.some((layer) => layer.getClassName() === codeModelClass))
    return "the model is code of a plugin, which no file can hold";
  // What tfjs itself raises in its forward pass.
  if (all.some((layer) => layer.padding === "causal")) return "tf.loadLayersModel has no causal convolutions";
  if (all.some(resamples))
    return "tf.loadLayersModel resizes and crops images otherwise, and would answer differently";
  return all.some((layer) => layer.maskZero === true)
    ? "tf.loadLayersModel forgets what maskZero masks, and would answer differently"
    : undefined;
}

/** What src/repairs/resampling.ts mends. */
function resamples(layer: OpenLayer): boolean {
  const name = layer.getClassName();
  return name === "UpSampling2D"
    ? layer.interpolation === "bilinear"
    : /^(Resizing|CenterCrop|RandomWidth)$/.test(name);
}

/** Why a program has to be told of a layer before it can load the model, where it has. */
export function unknownLayer(built: BuiltModel): string | undefined {
  const names = layersOf(built).map((layer) => layer.getClassName());
  const own = names.find((name) => name.startsWith("Millrace"));
  return (
    own &&
    `tf.loadLayersModel does not know ${own}: call registerLayers of @millrace/trainer before it, or take tfjs-graph`
  );
}

function layersOf({ parts: { engine, model } }: BuiltModel): OpenLayer[] {
  return model.layers.flatMap((layer) => [...layersWithin(engine, layer, "")]).map(([layer]) => layer);
}
