/** The `layers` model: TensorFlow.js layers, one after the other or as a graph. */
import { defineModel, type MillraceError } from "@millrace/core";
import type { ModelInput } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { z } from "zod";
import type { Engine } from "../engine.js";
import { buildAll, type LayerDescription, type LayerPlan } from "./build-layer.js";
import { connect, nameTaken } from "./graph.js";
import { seedInitialWeights } from "./initial-weights.js";
import { joined } from "./join.js";
import { layerOptions } from "./layer-options.js";
import { disposeWeights, type Layer } from "./layer-tree.js";

export const layersOptions = z.strictObject({
  layers: z
    .array(layerOptions)
    .min(1)
    .describe(
      "the layers from input to output, the last of which is the output; the first takes the shape of the data " +
        "unless it states inputShape, and sequences of any length where it is an embedding, a masking or a recurrent layer",
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
 * each layer's place alone. Raises MODEL_INVALID naming the layer, such as `layers[3] dense`, or every layer that is wrong.
 */
export function buildLayers(
  engine: Engine,
  descriptions: readonly LayerDescription[],
  input: ModelInput,
  seed: number,
): LayersModel {
  const open = openShape(descriptions[0], input.shape);
  if (open === undefined) return build(engine, descriptions, input, seed, input.shape);
  try {
    return build(engine, descriptions, input, seed, open);
  } catch {
    // A later layer, such as flatten, has to know the length: that of the data.
    return build(engine, descriptions, input, seed, input.shape);
  }
}

type Shape = readonly (number | null)[];

const recurrent = ["bidirectional", "gru", "lstm", "masking", "rnn", "simpleRNN", "timeDistributed"];

/** Batches that are padded differ in length, which the first layer need not know; undefined where it does. */
function openShape(first: LayerDescription, shape: readonly number[]): Shape | undefined {
  if (isShaped(first)) return undefined;
  if (first.type === "embedding") return shape.map(() => null);
  return recurrent.includes(first.type) && shape.length > 1 ? [null, ...shape.slice(1)] : undefined;
}

function build(
  engine: Engine,
  descriptions: readonly LayerDescription[],
  input: ModelInput,
  seed: number,
  shape: Shape,
): LayersModel {
  const made: Layer[] = [];
  try {
    const isGraph = descriptions.some(({ inputs }) => inputs !== undefined);
    return isGraph
      ? graph(engine, descriptions, input, seed, shape, made)
      : sequence(engine, descriptions, input, seed, shape, made);
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
  shape: Shape,
  made: Layer[],
): LayersModel {
  const model = engine.sequential({ name: "model" });
  const plans = descriptions.map((description, position): LayerPlan => {
    const named = { name: `${description.type}_${position}`, ...description };
    const shaped = position > 0 || isShaped(named) ? named : { ...named, inputShape: [...shape] };
    return { description: shaped, path: ["layers", position], inputs: 1 };
  });
  const layers = buildAll(engine, plans, input, made, repeatedNames(plans));
  for (const [position, layer] of layers.entries()) {
    seedInitialWeights(engine, layer, seed, position);
    const given = position === 0 ? layer.batchInputShape : (layers[position - 1].outputShape as Shape);
    joined(layer, [given], () => model.add(layer));
  }
  return model;
}

function graph(
  engine: Engine,
  descriptions: readonly LayerDescription[],
  input: ModelInput,
  seed: number,
  shape: Shape,
  made: Layer[],
): LayersModel {
  const { inputShape, ...first } = descriptions[0];
  const start = engine.input({ name: "input", shape: (inputShape as number[]) ?? [...shape] });
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

function isShaped(description: LayerDescription): boolean {
  return "inputShape" in description || "batchInputShape" in description;
}

function repeatedNames(plans: readonly LayerPlan[]): MillraceError[] {
  const seen = new Set<string>();
  return plans.flatMap(({ description: { type, name }, path }) => {
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name);
      return [];
    }
    return [nameTaken({ type, path }, name)];
  });
}
