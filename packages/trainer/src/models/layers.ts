/** The `layers` model: TensorFlow.js layers, one after the other or as a graph. */
import { defineModel, type ModelInput } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { z } from "zod";
import type { Engine } from "../engine.js";
import { buildLayer, type LayerDescription, refusedBy } from "./build-layer.js";
import { checkExtents } from "./extents.js";
import { connect } from "./graph.js";
import { seedInitialWeights } from "./initial-weights.js";
import { layerOptions } from "./layer-options.js";
import { disposeWeights, type Layer } from "./layer-tree.js";

export const layersOptions = z.strictObject({
  layers: z
    .array(layerOptions)
    .min(1)
    .describe(
      "the layers from input to output, the last of which is the output; the first takes the shape of the data " +
        "unless it states inputShape",
    ),
});

export default defineModel({
  name: "layers",
  summary: "TensorFlow.js layers, one after the other or joined by name",
  options: layersOptions,
  create: ({ layers }) => ({
    engine: "tfjs",
    build: (engine, input, seed) => buildLayers(engine as Engine, layers, input, seed),
  }),
});

/**
 * Builds the model: a Sequential, or where a layer names its `inputs`, a functional model. Weights depend on `seed` and
 * each layer's place alone. Raises MODEL_INVALID naming the layer, such as `layers[3] dense`.
 */
export function buildLayers(
  engine: Engine,
  descriptions: readonly LayerDescription[],
  input: ModelInput,
  seed: number,
): LayersModel {
  const made: Layer[] = [];
  try {
    const isGraph = descriptions.some(({ inputs }) => inputs !== undefined);
    return isGraph
      ? graph(engine, descriptions, input, seed, made)
      : sequence(engine, descriptions, input, seed, made);
  } catch (error) {
    disposeWeights(engine, made);
    throw error;
  }
}

function sequence(
  engine: Engine,
  descriptions: readonly LayerDescription[],
  input: ModelInput,
  seed: number,
  made: Layer[],
): LayersModel {
  const model = engine.sequential({ name: "model" });
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
}

function graph(
  engine: Engine,
  descriptions: readonly LayerDescription[],
  input: ModelInput,
  seed: number,
  made: Layer[],
): LayersModel {
  const { inputShape, ...first } = descriptions[0];
  const start = engine.input({ name: "input", shape: (inputShape as number[]) ?? [...input.shape] });
  const outputs = connect({
    engine,
    descriptions: [first, ...descriptions.slice(1)],
    facts: input,
    seed,
    made,
    start: { name: "input", symbol: start },
  });
  return engine.model({ inputs: start, outputs, name: "model" });
}

function withInputShape(description: LayerDescription, input: ModelInput): LayerDescription {
  if ("inputShape" in description || "batchInputShape" in description) return description;
  return { ...description, inputShape: [...input.shape] };
}
