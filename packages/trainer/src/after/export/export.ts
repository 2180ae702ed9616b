/** Writes a trained model in forms that other programs read. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeTensors, type NdArray } from "@millrace/core";
import type { ExportContext, ExportFormat, ExportOutput, ExportResult } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { BuiltModel } from "../../loop/session.js";
import type { TrainerOptions } from "../../options.js";
import { saveModel } from "../../files/model-files.js";
import { saveGraph } from "./graph/graph-model.js";
import { NotInGraph } from "./graph/nodes.js";
import { examplesFor } from "./examples.js";
import { unknownLayer, whyNoLayers } from "./layers-file.js";
import { inOwnUnit, type Led } from "./own-unit.js";
import { programRefusal } from "./pictures.js";
import { openTrained } from "../open-trained.js";
import { answerKind } from "../predict.js";

type Format = "tfjs-layers" | "tfjs-graph" | "safetensors";

export const exportFormats: readonly (ExportFormat & { readonly name: Format })[] = [
  {
    name: "tfjs-layers",
    summary: "model.json and weights.bin for tf.loadLayersModel, to run and to train on",
  },
  { name: "tfjs-graph", summary: "model.json and weights.bin for tf.loadGraphModel, to run only" },
  { name: "safetensors", summary: "the weights alone by name, for Python and others" },
];

const layersFolder = "tfjs-layers";
const graphFolder = "tfjs-graph";
const safetensorsFile = "model.safetensors";

export async function exportModel(options: TrainerOptions, context: ExportContext): Promise<ExportResult> {
  const trained = await openTrained(options, context);
  let led: Led | undefined;
  try {
    const { built, weights } = trained;
    led = inOwnUnit(built.parts);
    const files: ExportResult["files"][number][] = [];
    const skipped: ExportResult["skipped"][number][] = [];
    for (const format of exportFormats.filter(({ name }) => context.formats.includes(name))) {
      const written = await write[format.name](built, led, context);
      if (typeof written === "string") skipped.push({ format: format.name, reason: written });
      else files.push(...written);
    }
    const output = { ...outputOf(built), ...(led.unit && { unit: led.unit }) };
    const canLoad = files.some(({ path }) => path.startsWith(`${layersFolder}/`));
    const { inputs, steps } = context;
    const refusal = canLoad ? (unknownLayer(built) ?? programRefusal(inputs, steps)) : undefined;
    if (refusal !== undefined) skipped.push({ format: "predict.mjs, predict.html", reason: refusal });
    const asks = canLoad && refusal === undefined;
    const examples = asks ? await examplesFor(inputs, output, layersFolder, steps) : [];
    return { weights, files, skipped, output, examples };
  } finally {
    led?.close();
    trained.close();
  }
}

/** Writes one form; the reason where the model cannot take it. */
type Write = (built: BuiltModel, led: Led, context: ExportContext) => Promise<ExportResult["files"] | string>;

const write: Readonly<Record<Format, Write>> = {
  async "tfjs-layers"(built, { model }, { folder }) {
    const reason = whyNoLayers(built);
    if (reason !== undefined) return reason;
    await saveModel(built.parts.engine, model, join(folder, layersFolder));
    return [
      { path: `${layersFolder}/model.json`, about: "the layers, for tf.loadLayersModel" },
      { path: `${layersFolder}/weights.bin`, about: "their weights" },
    ];
  },
  async "tfjs-graph"(built, { model }, context) {
    const reason = await writeGraph(built, model, context);
    if (reason !== undefined) return reason;
    return [
      { path: `${graphFolder}/model.json`, about: "the same as a graph, for tf.loadGraphModel" },
      { path: `${graphFolder}/weights.bin`, about: "its weights" },
    ];
  },
  async safetensors(built, { unit }, { folder }) {
    await writeWeights(built, join(folder, safetensorsFile));
    const about = "the weights by name, for Python's safetensors and others";
    const trainedUnit = unit === undefined ? "" : "; they give the target as it was trained on";
    return [{ path: safetensorsFile, about: about + trainedUnit }];
  },
};

/** Why there is none, if there is none. */
async function writeGraph(
  { parts }: BuiltModel,
  model: LayersModel,
  { inputs, folder }: ExportContext,
): Promise<string | undefined> {
  // Its values cannot be read while the forward pass runs.
  if (parts.engine.getBackend() === "webgpu") {
    return "the webgpu device cannot be traced; set trainer.with.device to wasm for the export";
  }
  try {
    const { engine, inputs: given } = parts;
    const forms = model.inputs.map((own) => inputs[given.indexOf(own)]);
    await saveGraph(engine, model, forms, join(folder, graphFolder));
    return undefined;
  } catch (error) {
    if (error instanceof NotInGraph) return `a graph cannot hold ${error.message}; take tfjs-layers`;
    throw error;
  }
}

async function writeWeights({ parts: { model } }: BuiltModel, path: string): Promise<void> {
  const arrays: Record<string, NdArray> = {};
  for (const [i, weight] of model.weights.entries()) {
    const variable = weight.read();
    const dtype = variable.dtype === "int32" ? "int32" : "float32";
    const name = weight.originalName in arrays ? `${weight.originalName}_${i}` : weight.originalName;
    arrays[name] = { dtype, shape: variable.shape, data: await variable.data() };
  }
  await writeFile(path, Buffer.concat(encodeTensors({ state: { weights: Object.keys(arrays) }, arrays })));
}

function outputOf({ parts: { forward, model, loss } }: BuiltModel): ExportOutput {
  const shape = model.outputs[0].shape.slice(1);
  return { kind: answerKind(loss, shape), gives: forward.gives, shape };
}
