/** The `layers` model: TensorFlow.js layers, one after the other or as a graph. */
import { defineModel, MillraceError } from "@millrace/core";
import type { InputForm, ModelInput } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { z } from "zod";
import type { Engine } from "../engine.js";
import { buildAll, type LayerDescription, type LayerPlan } from "./build-layer.js";
import { connect, nameTaken } from "./graph.js";
import { seedInitialWeights } from "./initial-weights.js";
import { inputShapes, isShaped, type NamedShape } from "./input-shapes.js";
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
  const isGraph = descriptions.some(({ inputs }) => inputs !== undefined);
  if (!isGraph && input.inputs !== undefined && input.inputs.length > 1) throw inRow(input.inputs);
  const description = { engine, descriptions, input, seed, isGraph };
  const choices = inputShapes(descriptions, input);
  for (const shapes of choices.slice(0, -1)) {
    try {
      return build(description, shapes);
    } catch {
      // A later layer, such as flatten, has to know the length: that of the data.
    }
  }
  return build(description, choices[choices.length - 1]);
}

function inRow(inputs: readonly InputForm[]): MillraceError {
  const names = inputs.map(({ name }) => `"${name}"`);
  return new MillraceError(
    "MODEL_INVALID",
    `layers one after the other take one input, were given ${names.length}: ${names.join(", ")}`,
    {
      hint:
        `Give the layers that take them "inputs": ${names[0]} and so on, and join them with concatenate or dot; ` +
        "or name one input in the trainer's option `input`.",
      path: ["layers"],
    },
  );
}

interface Description {
  readonly engine: Engine;
  readonly descriptions: readonly LayerDescription[];
  readonly input: ModelInput;
  readonly seed: number;
  readonly isGraph: boolean;
}

function build(description: Description, shapes: readonly NamedShape[]): LayersModel {
  const made: Layer[] = [];
  try {
    return description.isGraph ? graph(description, shapes, made) : sequence(description, shapes[0], made);
  } catch (error) {
    disposeWeights(description.engine, made);
    throw error;
  }
}

function sequence(
  { engine, descriptions, input, seed }: Description,
  { shape }: NamedShape,
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
    const given =
      position === 0 ? layer.batchInputShape : (layers[position - 1].outputShape as NamedShape["shape"]);
    joined(layer, [given], () => model.add(layer));
  }
  return model;
}

function graph(
  { engine, descriptions, input, seed }: Description,
  shapes: readonly NamedShape[],
  made: Layer[],
): LayersModel {
  const starts = shapes.map(({ name, shape }) => ({
    name,
    symbol: engine.input({ name, shape: [...shape] }),
  }));
  const outputs = connect({
    engine,
    descriptions: descriptions.map(unshaped),
    facts: input,
    seed,
    made,
    starts,
  });
  return engine.model({ inputs: starts.map(({ symbol }) => symbol), outputs, name: "model" });
}

/** Without the shape of its input, which the graph's input states. */
function unshaped(description: LayerDescription): LayerDescription {
  const { inputShape: _, ...rest } = description;
  return rest;
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
