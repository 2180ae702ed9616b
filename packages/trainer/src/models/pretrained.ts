/** The `pretrained` model: starts from a model.json of TensorFlow.js or Keras, to train on or to fine-tune. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineModel, didYouMean, MillraceError, pathOption } from "@millrace/core";
import type { ModelInput } from "@millrace/core/spec";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { z } from "zod";
import type { Engine } from "../engine.js";
import { loadModel } from "../files/model-files.js";
import { freeze } from "./freeze.js";
import { connect } from "./graph.js";
import { layerOptions } from "./layer-options.js";
import { disposeWeights, type Layer, layersWithin } from "./layer-tree.js";

export const pretrainedOptions = z.strictObject({
  path: pathOption(
    "the model.json of a layers model, with its weight files beside it: relative to the spec, or in an installed package, as package/folder/model.json",
    "file or package",
  ),
  before: z
    .array(layerOptions)
    .default([])
    .describe("layers that the data passes first, such as a rescaling to what the model was trained on"),
  upTo: z
    .string()
    .min(1)
    .optional()
    .describe("the name of the last layer that is kept; all of them if not given"),
  layers: z
    .array(layerOptions)
    .default([])
    .describe("new layers on top of what is kept, such as a dense layer for other labels"),
  freeze: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'names of loaded layers that training leaves as they are, where * stands for anything: ["conv*"], ["*"]; ' +
        "frozen batch normalization keeps its statistics",
    ),
});

export type PretrainedOptions = z.output<typeof pretrainedOptions>;

export default defineModel({
  name: "pretrained",
  summary: "a saved TensorFlow.js or Keras model.json, to go on from or to fine-tune",
  options: pretrainedOptions,
  create: (options, { baseUrl }) => ({
    engine: "tfjs",
    build: (engine, input, seed) =>
      buildPretrained(engine as Engine, fileAt(options.path, baseUrl), options, input, seed),
  }),
});

/**
 * The file beside the spec; where there is none, the one in a package that is installed there or in a folder above, whatever its
 * `exports` say of files that are no code.
 */
function fileAt(path: string, baseUrl: URL): string {
  const beside = fileURLToPath(new URL(path, baseUrl));
  if (existsSync(beside) || /^(?:\.{1,2}\/|\/|file:)/.test(path)) return beside;
  for (let folder = fileURLToPath(new URL("./", baseUrl)); ; folder = dirname(folder)) {
    const packaged = join(folder, "node_modules", path);
    if (existsSync(packaged)) return packaged;
    if (dirname(folder) === folder) return beside;
  }
}

/** Loads and extends the model. @throws MillraceError FILE_NOT_FOUND, FILE_FORMAT or MODEL_INVALID. */
export async function buildPretrained(
  engine: Engine,
  path: string,
  options: Omit<PretrainedOptions, "path">,
  input: ModelInput,
  seed: number,
): Promise<LayersModel> {
  const loaded = await loadModel(engine, path);
  const made: Layer[] = [];
  try {
    refuseSeveral(loaded, path, options);
    freeze(engine, loaded, options.freeze);
    const { kept, dropped } = cut(engine, loaded, options.upTo);
    const model = extended(engine, kept, options, { input, seed, made });
    disposeWeights(engine, dropped);
    return model;
  } catch (error) {
    disposeWeights(engine, [...loaded.layers, ...made]);
    throw error;
  }
}

function refuseSeveral(
  { inputs, inputNames, outputs }: LayersModel,
  path: string,
  { before }: Pick<PretrainedOptions, "before">,
): void {
  if (outputs.length > 1) {
    throw new MillraceError(
      "MODEL_INVALID",
      `${path} must hold a model with one output, had ${outputs.length}`,
    );
  }
  if (inputs.length === 1 || before.length === 0) return;
  throw new MillraceError(
    "MODEL_INVALID",
    `layers before the model need one that has one input, had ${inputs.length}: ${inputNames.join(", ")}`,
    { path: ["before"] },
  );
}

interface Cut {
  readonly kept: LayersModel;
  /** Layers that no longer take part. */
  readonly dropped: readonly Layer[];
}

function cut(engine: Engine, loaded: LayersModel, upTo: string | undefined): Cut {
  if (upTo === undefined || loaded.layers.at(-1)?.name === upTo) return { kept: loaded, dropped: [] };
  const names = loaded.layers.map(({ name }) => name);
  const last = loaded.layers.find(({ name }) => name === upTo);
  if (last === undefined) {
    throw new MillraceError(
      "MODEL_INVALID",
      `upTo must name a layer of the model, was "${upTo}"${didYouMean(upTo, names)}`,
      { hint: `Its layers are ${names.join(", ")}.` },
    );
  }
  const kept = engine.model({ inputs: loaded.inputs, outputs: last.output, name: "model" });
  return { kept, dropped: loaded.layers.filter((layer) => !kept.layers.includes(layer)) };
}

interface Extension {
  readonly input: ModelInput;
  readonly seed: number;
  readonly made: Layer[];
}

function extended(
  engine: Engine,
  kept: LayersModel,
  { before, layers }: Pick<PretrainedOptions, "before" | "layers">,
  { input, seed, made }: Extension,
): LayersModel {
  if (before.length === 0 && layers.length === 0) return kept;
  const inner = kept.layers.flatMap((layer) => [...layersWithin(engine, layer, "")]);
  const taken = new Set(inner.map(([layer]) => layer.name));
  const common = { engine, facts: input, seed, made, taken };
  let starts = kept.inputs;
  let symbol = kept.outputs[0];
  if (before.length > 0) {
    const data = engine.input({ name: "data", shape: [...input.shape] });
    starts = [data];
    const ready = connect({
      ...common,
      descriptions: before,
      option: "before",
      starts: [{ name: "input", symbol: data }],
    });
    symbol = kept.apply(ready) as SymbolicTensor;
  }
  const offset = kept.layers.length + before.length;
  const outputs =
    layers.length === 0
      ? symbol
      : connect({ ...common, descriptions: layers, offset, starts: [{ name: "input", symbol }] });
  return engine.model({ inputs: starts, outputs, name: "model" });
}
