/** Saves and loads models as files: model.json and weights.bin, the format that every part of TensorFlow.js reads. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MillraceError, messageOf, readWhole, writeWhole } from "@millrace/core";
import type { io, Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Core, Engine } from "../engine.js";
import { fromKeras3, isKeras3, namedAsKeras2 } from "./keras3.js";

const weightsFile = "weights.bin";

/**
 * An IO handler for `model.save`: writes `folder`/model.json and `folder`/weights.bin. Each file is written beside its
 * place and then renamed, so that a reader never sees half of one.
 */
export function fileSaver(core: Core, folder: string): io.IOHandler {
  return {
    async save(artifacts) {
      const { weightData = new ArrayBuffer(0), weightSpecs = [], ...rest } = artifacts;
      const bytes = core.io.CompositeArrayBuffer.join(weightData);
      const manifest = {
        ...rest,
        format: "layers-model",
        generatedBy: artifacts.generatedBy ?? "TensorFlow.js",
        convertedBy: artifacts.convertedBy ?? null,
        weightsManifest: [{ paths: [weightsFile], weights: weightSpecs }],
      };
      await mkdir(folder, { recursive: true });
      await writeWhole(join(folder, weightsFile), new Uint8Array(bytes));
      await writeWhole(join(folder, "model.json"), JSON.stringify(manifest));
      return { modelArtifactsInfo: core.io.getModelArtifactsInfoForJSON(artifacts) };
    },
  };
}

/** An IO handler for `loadLayersModel`: `path` is a model.json whose weight files lie beside it. */
export function fileLoader(path: string): io.IOHandler {
  return { load: () => readArtifacts(path) };
}

async function readArtifacts(path: string) {
  const manifest = parse(path, await readWhole(path)) as io.ModelJSON;
  if (!Array.isArray(manifest.weightsManifest) || manifest.modelTopology === undefined) {
    throw new MillraceError("FILE_FORMAT", `${path} must be a model.json of TensorFlow.js layers, was not`);
  }
  const groups = manifest.weightsManifest;
  const files = groups.flatMap(({ paths }) => paths).map((name) => readWhole(join(dirname(path), name)));
  const bytes = Buffer.concat(await Promise.all(files));
  const { weightsManifest: _, ...rest } = manifest;
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  const { modelTopology } = manifest;
  const keras3 = isKeras3(modelTopology);
  return {
    ...rest,
    ...(keras3 && { modelTopology: fromKeras3(modelTopology) as object }),
    convertedBy: manifest.convertedBy ?? undefined,
    weightSpecs: keras3 ? namedAsKeras2(weightSpecs, modelTopology) : weightSpecs,
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  };
}

/** Writes the model to `folder`. */
export async function saveModel(engine: Engine, model: LayersModel, folder: string): Promise<void> {
  await model.save(fileSaver(engine, folder));
}

/** Loads a model from its model.json; raises FILE_NOT_FOUND or FILE_FORMAT. The caller disposes of it. */
export async function loadModel(engine: Engine, path: string): Promise<LayersModel> {
  try {
    return await engine.loadLayersModel(fileLoader(path));
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError(
      "FILE_FORMAT",
      `${path} cannot be loaded as a model: ${messageOf(error).split("\n")[0]}`,
      {
        hint:
          "TensorFlow.js reads models of Keras 2, and of Keras 3 as far as their layers are the same. Save it with Keras 2 " +
          "(TF_USE_LEGACY_KERAS=1 and the package tf_keras), convert it with tensorflowjs_converter, or describe it as layers.",
        cause: error,
      },
    );
  }
}

/**
 * Puts the weights that were saved beside a model.json into a model that was built anew from the same description, in
 * order. Raises STATE_MISMATCH where they are of another model, FILE_FORMAT where they are not whole.
 */
export async function restoreWeights(engine: Engine, model: LayersModel, path: string): Promise<void> {
  const { weightSpecs, weightData } = await readArtifacts(path);
  const { weights } = model;
  const fail = (detail: string): MillraceError =>
    new MillraceError("STATE_MISMATCH", `${path} belongs to another model:`, {
      details: [detail],
      hint: "Take the spec that the run was made with.",
    });
  if (weightSpecs.length !== weights.length) {
    throw fail(`it has ${weightSpecs.length} weights, the model ${weights.length}`);
  }
  const length = weights.reduce((bytes, { shape }) => bytes + bytesOf(shape), 0);
  if (weightData.byteLength !== length) {
    throw new MillraceError(
      "FILE_FORMAT",
      `the weights beside ${path} must have ${length} bytes, have ${weightData.byteLength}`,
      { hint: "They were not written or copied whole: copy them again, or take those of a checkpoint." },
    );
  }
  let offset = 0;
  for (const [i, spec] of weightSpecs.entries()) {
    const variable = weights[i].read() as Variable;
    const { shape } = variable;
    if (String(spec.shape) !== String(shape))
      throw fail(`${spec.name}: is [${spec.shape.join(", ")}], should be [${shape.join(", ")}]`);
    const size = bytesOf(shape);
    const { [spec.name]: value } = engine.io.decodeWeights(weightData.slice(offset, offset + size), [spec]);
    variable.assign(value);
    value.dispose();
    offset += size;
  }
}

function bytesOf(shape: readonly (number | null)[]): number {
  return 4 * shape.reduce<number>((product, extent) => product * (extent ?? 1), 1);
}

function parse(path: string, text: Buffer): unknown {
  try {
    return JSON.parse(text.toString("utf8")) as unknown;
  } catch (cause) {
    throw new MillraceError("FILE_FORMAT", `${path} must be JSON: ${messageOf(cause)}`, { cause });
  }
}
