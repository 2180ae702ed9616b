import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelDefinition, ndarray } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fieldsSource } from "../../test/batches.js";
import { bars } from "../../test/tasks.js";
import { barsRun, imageLayers, withRun } from "../../test/train.js";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { loadModel, saveModel } from "../files/model-files.js";
import { buildLayers } from "./layers.js";
import plugin from "./pretrained.js";

let tf: Engine;
let folder: string;
const normalized = [
  { type: "conv2d", filters: 4, kernelSize: 3, name: "conv" },
  { type: "batchNormalization", name: "norm" },
  { type: "flatten", name: "flat" },
  { type: "dense", units: 5, name: "old-head" },
];

beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
  folder = await mkdtemp(join(tmpdir(), "millrace-pretrained ü "));
  await withRun(barsRun({ runDir: folder }), () => undefined);
  const model = buildLayers(tf, normalized, { shape: [8, 8, 1], dtype: "uint8" }, 3);
  await saveModel(tf, model, join(folder, "normalized"));
  model.dispose();
});
afterAll(() => rm(folder, { recursive: true }));

async function definition(options: object): Promise<ModelDefinition> {
  const context = { baseUrl: new URL(`file://${encodeURI(folder)}/`), seed: 7 };
  return plugin.create(plugin.options.parse(options), context);
}

const input = { shape: [8, 8, 1], dtype: "uint8", labels: ["a", "b", "c"] } as const;

async function built(options: object): Promise<LayersModel> {
  return (await (await definition(options)).build(tf, input, 1)) as LayersModel;
}

async function refusal(options: object): Promise<{ code: string; message: string; hint?: string }> {
  const before = tf.memory().numTensors;
  const error: unknown = await built(options).then(
    () => undefined,
    (fault: unknown) => fault,
  );
  expect(tf.memory().numTensors).toBe(before);
  return error as { code: string; message: string };
}

const numbers = (model: LayersModel, layer: string) =>
  model
    .getLayer(layer)
    .getWeights()
    .map((weight) => [...weight.dataSync()]);

describe("a pretrained model of several inputs", () => {
  const forms = [
    { name: "picture", shape: [8, 8, 1], dtype: "uint8" },
    { name: "size", shape: [2], dtype: "float32" },
  ] as const;
  beforeAll(async () => {
    const layers = [
      { type: "flatten", inputs: "picture", name: "flat" },
      { type: "concatenate", inputs: ["size", "flat"] },
      { type: "dense", units: 4, name: "old-head" },
    ];
    const model = buildLayers(tf, layers, { ...forms[0], inputs: forms }, 3);
    await saveModel(tf, model, join(folder, "two"));
    model.dispose();
  });

  /** One step at a learning rate of nothing: what is told are the answers of the model as it was loaded. */
  const run = async (fields: readonly string[], options: object = {}) => {
    const { input: picture, target: label } = bars(8);
    const size = ndarray(
      Float32Array.from({ length: 16 }, (_, i) => i / 4),
      [8, 2],
    );
    return withRun(
      {
        model: await definition({ path: "two/model.json", ...options }),
        data: { train: fieldsSource({ picture, size, sise: size, label }, 8) },
        options: {
          input: [...fields],
          epochs: 1,
          optimizer: { type: "sgd", learningRate: 1e-12 },
        },
      },
      ({ result }) => result.predictions.map(({ loss }) => loss),
    );
  };

  it("takes the fields that have the names of its inputs, in any order, with new layers on top too", async () => {
    expect(await run(["size", "picture"])).toEqual(await run(["picture", "size"]));
    const head = { layers: [{ type: "dense", units: 2 }] };
    expect(await run(["size", "picture"], head)).toHaveLength(8);
  });

  it("is refused where a field has another name, where one is missing, and where layers come before it", async () => {
    await expect(run(["picture", "sise"])).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message:
        'every input must be one that the model takes, "picture" and "size", was "sise" (did you mean "size"?)',
      path: ["trainer", "with", "input", 1],
    });
    await expect(run(["picture"])).rejects.toMatchObject({
      message: 'the model takes the inputs "picture" and "size", was given "picture"',
      path: ["trainer", "with", "input"],
    });
    await expect(
      run(["picture", "size"], { before: [{ type: "rescaling", scale: 2 }] }),
    ).rejects.toMatchObject({ path: ["model", "with", "before"] });
  });
});

describe("a pretrained model", () => {
  it("starts where the saved one ended", async () => {
    const before = tf.memory().numTensors;
    const model = await built({ path: "model/model.json" });
    const saved = await loadModel(tf, join(folder, "model/model.json"));
    for (const [i, weight] of saved.getWeights().entries()) {
      expect([...model.getWeights()[i].dataSync()]).toEqual([...weight.dataSync()]);
    }
    model.dispose();
    saved.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("is found in a package that is installed beside the spec or above it, and beside the spec first", async () => {
    const place = join(folder, "node_modules", "@some", "models", "bars");
    await cp(join(folder, "model"), place, { recursive: true });
    for (const path of ["@some/models/bars/model.json", "model/model.json"]) {
      const model = await built({ path });
      expect(model.layers.length).toBeGreaterThan(2);
      model.dispose();
    }
    expect(await refusal({ path: "./@some/models/bars/model.json" })).toMatchObject({
      code: "FILE_NOT_FOUND",
    });
  });

  it("goes on learning at once where the saved one was good already", async () => {
    const model = await definition({ path: "model/model.json" });
    await withRun(barsRun({ model, options: { maxSteps: 1 } }), ({ result }) =>
      expect(result.metrics.accuracy).toBeGreaterThan(0.85),
    );
  });

  it("keeps what is frozen bit for bit, and trains a new head for other labels", async () => {
    const top = [{ type: "dense", units: { from: "labels.count" }, activation: "softmax" }];
    const options = { path: "model/model.json", upTo: "flatten_4", layers: top, freeze: ["conv2d_*"] };
    const before = tf.memory().numTensors;
    await withRun(barsRun({ model: await definition(options) }), async ({ result, runDir }) => {
      expect(result.metrics.accuracy).toBeGreaterThan(0.9);
      const saved = await loadModel(tf, join(folder, "model/model.json"));
      const tuned = await loadModel(tf, join(runDir, "model/model.json"));
      expect(tuned.layers.at(-1)?.name).toBe("dense_6");
      expect(numbers(tuned, "conv2d_1")).toEqual(numbers(saved, "conv2d_1"));
      for (const model of [saved, tuned]) model.dispose();
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("changes what is not frozen", async () => {
    await withRun(barsRun({ model: await definition({ path: "model/model.json" }) }), async ({ runDir }) => {
      const saved = await readFile(join(folder, "model/weights.bin"));
      expect(await readFile(join(runDir, "model/weights.bin"))).not.toEqual(saved);
    });
  });

  it("keeps the statistics of frozen batch normalization, as Keras does", async () => {
    const top = [{ type: "dense", units: { from: "labels.count" } }];
    for (const freeze of [["norm"], []]) {
      const options = { path: "normalized/model.json", upTo: "flat", layers: top, freeze };
      await withRun(
        barsRun({ model: await definition(options), options: { maxSteps: 3 } }),
        async ({ runDir }) => {
          const [, , mean, variance] = numbers(await loadModel(tf, join(runDir, "model/model.json")), "norm");
          const isFresh = mean.every((value) => value === 0) && variance.every((value) => value === 1);
          expect(isFresh).toBe(freeze.length > 0);
        },
      );
    }
  });

  it("takes layers before it, and finds the softmax at the end of the inner model", async () => {
    const before = tf.memory().numTensors;
    const options = { path: "model/model.json", before: [{ type: "rescaling", scale: 1 }] };
    await withRun(barsRun({ model: await definition(options), options: { maxSteps: 1 } }), ({ result }) =>
      expect(result.metrics.accuracy).toBeGreaterThan(0.85),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it("draws dropout inside of an inner model from the seed, and resumes it exactly", async () => {
    const options = { path: "model/model.json", before: [{ type: "rescaling", scale: 1 }] };
    const model = await definition(options);
    const train = () =>
      withRun(barsRun({ model, options: { maxSteps: 3 } }), ({ runDir }) =>
        readFile(join(runDir, "model/weights.bin")),
      );
    expect(await train()).toEqual(await train());
  });

  it("is refused with the layer that does not exist, and the file that does not", async () => {
    expect(await refusal({ path: "model/model.json", upTo: "flaten_4" })).toMatchObject({
      code: "MODEL_INVALID",
      message: 'upTo must name a layer of the model, was "flaten_4" (did you mean "flatten_4"?)',
    });
    expect(await refusal({ path: "model/model.json", freeze: ["conv1d*"] })).toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringContaining('none is called "conv1d*"') as string,
    });
    expect(await refusal({ path: "none/model.json" })).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(
      await refusal({
        path: "model/model.json",
        upTo: "flatten_4",
        layers: [{ type: "conv2d", filters: 1, kernelSize: 3 }],
      }),
    ).toMatchObject({
      code: "MODEL_INVALID",
      message: "takes 3 axes for each sample, is given [36]",
      where: ["layers[0] conv2d"],
    });
  });

  it("is read from a model.json of Keras 3, in sequence or as a graph", async () => {
    const dtype = {
      module: "keras",
      class_name: "DTypePolicy",
      config: { name: "float32" },
      registered_name: null,
    };
    const of = (class_name: string, config: object) => ({
      module: "keras.layers",
      class_name,
      config,
      registered_name: null,
    });
    const dense = (name: string, units: number) =>
      of("Dense", { name, dtype, units, activation: "relu", use_bias: true });
    const input = of("InputLayer", {
      batch_shape: [null, 3],
      dtype: "float32",
      sparse: false,
      name: "input_layer",
    });
    const from = (layer: string) => {
      const tensor = {
        class_name: "__keras_tensor__",
        config: { shape: [null, 4], dtype, keras_history: [layer, 0, 0] },
      };
      return [{ args: [tensor], kwargs: {} }];
    };
    const models = {
      sequential: of("Sequential", {
        name: "sequential",
        dtype,
        layers: [input, dense("dense", 4), dense("dense_1", 2)],
      }),
      functional: of("Functional", {
        name: "functional",
        layers: [
          { ...input, name: "input_layer", inbound_nodes: [] },
          { ...dense("dense", 4), name: "dense", inbound_nodes: from("input_layer") },
          { ...dense("dense_1", 2), name: "dense_1", inbound_nodes: from("dense") },
        ],
        input_layers: ["input_layer", 0, 0],
        output_layers: ["dense_1", 0, 0],
      }),
    };
    const shapes = {
      "dense/kernel": [3, 4],
      "dense/bias": [4],
      "dense_1/kernel": [4, 2],
      "dense_1/bias": [2],
    };
    for (const [name, model_config] of Object.entries(models)) {
      const place = join(folder, name);
      await mkdir(place);
      await writeFile(
        join(place, "weights.bin"),
        new Uint8Array(Float32Array.from({ length: 26 }, (_, i) => i).buffer),
      );
      const weights = Object.entries(shapes).map(([own, shape]) => ({
        name: `${name}/${own}`,
        shape,
        dtype: "float32",
      }));
      const manifest = {
        format: "layers-model",
        modelTopology: { keras_version: "3.10.0", backend: "tensorflow", model_config },
        weightsManifest: [{ paths: ["weights.bin"], weights }],
      };
      await writeFile(join(place, "model.json"), JSON.stringify(manifest));
      const made = await definition({ path: `${name}/model.json` });
      const model = (await made.build(tf, { shape: [3], dtype: "float32" }, 1)) as LayersModel;
      expect(numbers(model, "dense_1")[0]).toEqual([16, 17, 18, 19, 20, 21, 22, 23]);
      expect(tf.tidy(() => [...(model.predict(tf.ones([1, 3])) as Tensor).dataSync()])).toEqual([2344, 2465]);
      model.dispose();
    }
  });

  it("has the layers that the saved run had", async () => {
    const model = await built({ path: "model/model.json" });
    expect(model.layers).toHaveLength(imageLayers.length);
    model.dispose();
  });
});
