/** The `layers` model: a list of tfjs layers, one after the other. */
import { defineModel, MillraceError, type ModelInput } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { z } from "zod";
import type { Engine } from "../engine.js";
import { buildLayer, type LayerDescription, refusedBy } from "./build-layer.js";
import { seedInitialWeights } from "./initial-weights.js";
import { type Layer, layersWithin } from "./layer-tree.js";

const layer = z
  .looseObject({
    type: z
      .string()
      .describe("the layer's factory in tfjs-layers, such as conv2d, maxPooling2d, dense, dropout, lstm"),
  })
  .describe(
    'one layer; beside "type" stand its own arguments, a value of {"from": "labels.count"} is filled in',
  );

export const layersOptions = z.strictObject({
  layers: z
    .array(layer)
    .min(1)
    .describe(
      "the layers from input to output; the first takes the shape of the data unless it states inputShape",
    ),
});

export default defineModel({
  name: "layers",
  summary: "a list of TensorFlow.js layers, one after the other",
  options: layersOptions,
  create: ({ layers }) => ({
    engine: "tfjs",
    build: (engine, input, seed) => buildLayers(engine as Engine, layers, input, seed),
  }),
});

/**
 * Builds the model. Weights depend on `seed` and each layer's place alone. Raises MODEL_INVALID naming the layer, such
 * as `layers[3] dense`.
 */
export function buildLayers(
  engine: Engine,
  descriptions: readonly LayerDescription[],
  input: ModelInput,
  seed: number,
): LayersModel {
  const model = engine.sequential({ name: "model" });
  const made: Layer[] = [];
  try {
    for (const [position, description] of descriptions.entries()) {
      const place = `layers[${position}]`;
      const named = { name: `${description.type}_${position}`, ...description };
      const shaped = position === 0 ? withInputShape(named, input) : named;
      const layer = buildLayer(engine, shaped, input, place);
      made.push(layer);
      seedInitialWeights(engine, layer, seed, position);
      refusedBy(`${place} ${description.type}`, () => model.add(layer));
      checkExtents(layer, `${place} ${description.type}`);
    }
    return model;
  } catch (error) {
    for (const layer of made) disposeWeights(engine, layer);
    throw error;
  }
}

/** Frees what a layer holds, also one that was left half built, which tfjs itself refuses to dispose of. */
function disposeWeights(engine: Engine, layer: Layer): void {
  const weights = new Set([...layersWithin(engine, layer, "")].flatMap(([inner]) => inner.weights));
  for (const weight of weights) weight.dispose();
}

function withInputShape(description: LayerDescription, input: ModelInput): LayerDescription {
  if ("inputShape" in description || "batchInputShape" in description) return description;
  return { ...description, inputShape: [...input.shape] };
}

function checkExtents(layer: Layer, place: string): void {
  const shape = layer.outputShape as (number | null)[];
  if (!shape.some((extent) => typeof extent === "number" && extent <= 0)) return;
  throw new MillraceError(
    "MODEL_INVALID",
    `${place}: every extent of its output must be positive, was [${shape.slice(1).join(", ")}]`,
    { hint: 'Take a smaller window or stride, padding "same", or fewer pooling layers.' },
  );
}
