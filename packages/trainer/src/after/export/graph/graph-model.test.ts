/** Graph models, held against the layers they were made from. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DType } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseDevice } from "../../../devices/choose.js";
import { type Engine, loadEngine } from "../../../engine.js";
import { buildLayers } from "../../../models/layers.js";
import { saveGraph } from "./graph-model.js";
import type { Node } from "./nodes.js";

/** The part of @tensorflow/tfjs-converter that loads graph models; it is no dependency of Millrace. */
interface Converter {
  loadGraphModel(handler: object): Promise<Pick<LayersModel, "predict" | "dispose">>;
}
const converterName = "@tensorflow/tfjs-converter";
const converter = (await import(converterName).catch(() => undefined)) as Converter | undefined;

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await loadEngine();
  await chooseDevice(engine, "wasm");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-graph ü "));
});
afterEach(() => rm(folder, { recursive: true }));

const dense = (activation: string) => ({ type: "dense", units: 4, activation });
const models: Record<
  string,
  { layers: { type: string; [key: string]: unknown }[]; shape: number[]; dtype?: DType }
> = {
  "a convolutional network": {
    shape: [12, 12, 1],
    dtype: "uint8",
    layers: [
      { type: "rescaling", scale: 1 / 255 },
      { type: "conv2d", filters: 4, kernelSize: 3, strides: 2, padding: "same", activation: "relu" },
      { type: "batchNormalization" },
      { type: "zeroPadding2d" },
      { type: "depthwiseConv2d", kernelSize: 3, activation: "elu" },
      { type: "maxPooling2d", poolSize: 2 },
      { type: "leakyReLU" },
      { type: "prelu" },
      { type: "upSampling2d" },
      { type: "averagePooling2d", poolSize: 2 },
      { type: "separableConv2d", filters: 3, kernelSize: 2, padding: "same" },
      { type: "globalAveragePooling2d" },
      { type: "dropout", rate: 0.5 },
      dense("softmax"),
    ],
  },
  "images that are resized and cropped": {
    shape: [7, 6, 2],
    layers: [
      { type: "upSampling2d", interpolation: "bilinear" },
      { type: "centerCrop", height: 9, width: 8 },
      { type: "resizing", height: 4, width: 5 },
      { type: "resizing", height: 3, width: 3, interpolation: "nearest", cropToAspectRatio: true },
      { type: "flatten" },
      dense("softmax"),
    ],
  },
  "layers of many activations": {
    shape: [3],
    layers: [
      "tanh",
      "selu",
      "softplus",
      "relu6",
      "hardSigmoid",
      "swish",
      "gelu",
      "softsign",
      "sigmoid",
      "linear",
    ].map(dense),
  },
  "a transformer": {
    shape: [6],
    dtype: "int32",
    layers: [
      { type: "embedding", inputDim: 10, outputDim: 4 },
      { type: "positionEmbedding", maxLength: 6 },
      { type: "transformerBlock", numHeads: 2, causal: true },
      { type: "layerNormalization" },
      { type: "globalAveragePooling1d" },
      dense("linear"),
    ],
  },
  "token ids": {
    shape: [6],
    dtype: "int32",
    layers: [
      { type: "embedding", inputDim: 10, outputDim: 4 },
      { type: "conv1d", filters: 3, kernelSize: 2 },
      { type: "globalMaxPooling1d" },
      dense("linear"),
    ],
  },
};

function built(name: string) {
  const { layers, shape, dtype = "float32" } = models[name];
  const model = buildLayers(engine, layers, { shape, dtype }, 1);
  return { model, input: { name: "image", shape, dtype } };
}

async function readModel() {
  const manifest = JSON.parse(await readFile(join(folder, "model.json"), "utf8")) as {
    modelTopology: { node: Node[] };
    weightsManifest: { weights: { name: string; shape: number[]; dtype: string }[] }[];
  };
  return { manifest, weights: await readFile(join(folder, "weights.bin")) };
}

describe("a graph model", () => {
  it.each(Object.keys(models))("of %s is a whole graph, every array of it in the file", async (name) => {
    const { model, input } = built(name);
    await saveGraph(engine, model, [input], folder);
    model.dispose();
    const { manifest, weights } = await readModel();
    const { node } = manifest.modelTopology;
    const names = node.map((each) => each.name);
    expect(new Set(names).size).toBe(names.length);
    for (const [i, each] of node.entries()) {
      for (const from of each.input ?? [])
        expect(names.indexOf(from)).toSatisfy((at: number) => at >= 0 && at < i);
    }
    const [{ weights: held }] = manifest.weightsManifest;
    expect(node.filter(({ op }) => op === "Const").map((each) => each.name)).toEqual(
      held.map((each) => each.name),
    );
    const numbers = held.reduce(
      (sum, { shape }) => sum + shape.reduce((size, extent) => size * extent, 1),
      0,
    );
    expect(weights.length).toBe(4 * numbers);
  });

  it.skipIf(converter === undefined).each(Object.keys(models))(
    "of %s gives the same numbers for any number of samples (needs @tensorflow/tfjs-converter)",
    async (name) => {
      const { model, input } = built(name);
      await saveGraph(engine, model, [input], folder);
      const { manifest, weights } = await readModel();
      const handler = engine.io.fromMemory({
        ...manifest,
        weightSpecs: manifest.weightsManifest[0].weights as never,
        weightData: new Uint8Array(weights).buffer,
      });
      const graph = await (converter as Converter).loadGraphModel(handler);
      for (const samples of [1, 4, 7]) {
        const count = samples * input.shape.reduce((size, extent) => size * extent, 1);
        const data = Float32Array.from({ length: count }, (_, i) =>
          input.dtype === "float32" ? Math.sin(i) : (i * 7) % 10,
        );
        const type = input.dtype === "int32" ? "int32" : "float32";
        const batch = engine.tensor(data, [samples, ...input.shape], type);
        const [own, other] = [model, graph].map((each) => (each.predict(batch) as typeof batch).dataSync());
        expect([...other]).toEqual([...own]);
      }
      model.dispose();
      graph.dispose();
    },
  );

  const inputs = [
    { name: "tokens", shape: [3], dtype: "int32" },
    { name: "size", shape: [2], dtype: "float32" },
  ] as const;
  const ofTwo = (): LayersModel => {
    const layers = [
      { type: "embedding", inputDim: 5, outputDim: 2, inputs: "tokens" },
      { type: "flatten", name: "flat" },
      { type: "concatenate", inputs: ["flat", "size"] },
      { type: "dense", units: 2 },
    ];
    return buildLayers(engine, layers, { ...inputs[0], inputs }, 1);
  };

  it("takes several inputs by name, each in its own type, in the order of the model", async () => {
    const model = ofTwo();
    await saveGraph(engine, model, inputs, folder);
    model.dispose();
    const { manifest } = await readModel();
    expect(manifest.modelTopology.node.filter(({ op }) => op === "Placeholder")).toMatchObject([
      { name: "tokens", attr: { dtype: { type: "DT_INT32" } } },
      { name: "size", attr: { dtype: { type: "DT_FLOAT" } } },
    ]);
    const { signature } = manifest as { signature?: { inputs: Record<string, object> } };
    expect(Object.keys(signature?.inputs ?? {})).toEqual(["tokens", "size"]);
  });

  it.skipIf(converter === undefined)(
    "of several inputs gives the same numbers (needs @tensorflow/tfjs-converter)",
    async () => {
      const model = ofTwo();
      await saveGraph(engine, model, inputs, folder);
      const { manifest, weights } = await readModel();
      const handler = engine.io.fromMemory({
        ...manifest,
        weightSpecs: manifest.weightsManifest[0].weights as never,
        weightData: new Uint8Array(weights).buffer,
      });
      const graph = await (converter as Converter).loadGraphModel(handler);
      const tokens = engine.tensor([0, 4, 2, 1, 1, 3], [2, 3], "int32");
      const size = engine.tensor([0.5, -1, 2, 3], [2, 2]);
      const own = model.predict([tokens, size]) as typeof size;
      const other = graph.predict({ size, tokens } as never) as typeof size;
      expect([...other.dataSync()]).toEqual([...own.dataSync()]);
      model.dispose();
      graph.dispose();
    },
  );

  it.each([
    ["lstm", { type: "lstm", units: 2 }, "a constant that depends on the number of samples"],
    [
      "timeDistributed",
      { type: "timeDistributed", layer: { type: "dense", units: 2 } },
      "the operation Unpack",
    ],
  ])("is refused for %s, with the reason, and leaves tfjs as it was", async (_name, layer, reason) => {
    const model = buildLayers(engine, [layer], { shape: [3, 2], dtype: "float32" }, 1);
    const before = engine.memory().numTensors;
    const input = { name: "x", shape: [3, 2], dtype: "float32" } as const;
    await expect(saveGraph(engine, model, [input], folder)).rejects.toThrow(reason);
    expect(engine.memory().numTensors).toBe(before);
    expect(Object.hasOwn(engine.engine(), "runKernel")).toBe(false);
    model.dispose();
  });
});
