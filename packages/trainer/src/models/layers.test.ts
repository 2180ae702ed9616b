import type { MillraceError } from "@millrace/core";
import type { ModelInput } from "@millrace/core/spec";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { type LayerDescription, layerTypes } from "./build-layer.js";
import { layerNames } from "./layer-names.js";
import plugin, { buildLayers } from "./layers.js";

const image: ModelInput = { shape: [8, 8, 1], dtype: "uint8", labels: ["a", "b", "c"] };

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

function withModel<T>(
  layers: LayerDescription[],
  input: ModelInput,
  seed: number,
  use: (model: LayersModel) => T,
): T {
  const model = buildLayers(tf, layers, input, seed);
  try {
    return use(model);
  } finally {
    model.dispose();
  }
}

const weights = (layers: LayerDescription[], input: ModelInput, seed: number) =>
  withModel(layers, input, seed, (model) =>
    model.getWeights().map((weight: Tensor) => [...weight.dataSync()]),
  );

const refusal = (layers: object[], input = image) => {
  const before = tf.memory().numTensors;
  try {
    buildLayers(tf, layers as LayerDescription[], input, 1).dispose();
  } catch (error) {
    expect(tf.memory().numTensors).toBe(before);
    const { code, where, message, path } = error as MillraceError;
    return { code, path, message: `${where.join(", ")}: ${message}` };
  }
  throw new Error("the model must be refused");
};

describe("the layers model", () => {
  it("have the same names of weights however many were built before, also within other layers", () => {
    const wrapped: LayerDescription[] = [
      { type: "reshape", targetShape: [8, 8] },
      { type: "bidirectional", layer: { type: "gru", units: 2, returnSequences: true } },
      {
        type: "rnn",
        cell: [
          { type: "lstmCell", units: 2 },
          { type: "gruCell", units: 2 },
        ],
      },
    ];
    const names = () =>
      withModel(wrapped, image, 1, (model) => model.weights.map(({ originalName }) => originalName));
    const first = names();
    expect(new Set(first).size).toBe(first.length);
    expect(names()).toEqual(first);
  });

  it("takes the input shape from the data and the number of labels from its facts", () => {
    const layers = [{ type: "flatten" }, { type: "dense", units: { from: "labels.count" } }];
    withModel(layers, image, 1, (model) => {
      expect(model.inputs[0].shape).toEqual([null, 8, 8, 1]);
      expect(model.outputs[0].shape).toEqual([null, 3]);
      expect(model.layers.map(({ name }) => name)).toEqual(["flatten_0", "dense_1"]);
    });
  });

  it("leaves an input shape alone that the first layer states", () => {
    withModel(
      [{ type: "conv2d", filters: 1, kernelSize: 3, inputShape: [null, null, 1] }],
      image,
      1,
      (model) => {
        expect(model.inputs[0].shape).toEqual([null, null, null, 1]);
      },
    );
  });

  it("draws the same initial weights for the same seed, whatever was built before", () => {
    const layers = [
      { type: "conv2d", filters: 3, kernelSize: 3 },
      { type: "separableConv2d", filters: 2, kernelSize: 2 },
      { type: "reshape", targetShape: [5, 10] },
      { type: "bidirectional", layer: { type: "lstm", units: 4, returnSequences: true } },
      { type: "gru", units: 5 },
      { type: "dense", units: 2 },
    ];
    const first = weights(layers, image, 1);
    expect(weights(layers, image, 1)).toEqual(first);
    const isRandom = (values: number[]) => values.some((value) => value !== 0 && value !== 1);
    const random = first.filter(isRandom).map(String);
    const others = weights(layers, image, 2).filter(isRandom).map(String);
    expect(random.length).toBeGreaterThan(8);
    expect(new Set([...random, ...others]).size).toBe(2 * random.length);
  });

  it("starts recurrent layers with an orthogonal matrix", () => {
    for (const units of [1, 7, 16]) {
      const recurrent = weights([{ type: "simpleRNN", units }], { shape: [3, 2], dtype: "float32" }, 1)[1];
      const product = tf.tidy(() => {
        const matrix = tf.tensor2d(recurrent, [units, units]);
        return [...tf.sub(tf.matMul(matrix, matrix, true, false), tf.eye(units)).dataSync()];
      });
      expect(Math.max(...product.map(Math.abs))).toBeLessThan(1e-5);
    }
  });

  it("keeps a seed and an initializer that the spec states", () => {
    const stated = { className: "RandomUniform", config: { minval: 5, maxval: 6, seed: 3 } };
    const layers = [{ type: "dense", units: 4, kernelInitializer: stated }];
    const input: ModelInput = { shape: [4], dtype: "float32" };
    expect(Math.min(...weights(layers, input, 1)[0])).toBeGreaterThanOrEqual(5);
    expect(weights(layers, input, 2)).toEqual(weights(layers, input, 1));
  });

  it("knows every layer factory of tfjs-layers", () => {
    const types = layerTypes(tf);
    expect(types).toContain("rescaling");
    expect(types).toContain("globalAveragePooling2d");
    expect(types).not.toContain("Layer");
    expect(types.length).toBeGreaterThan(70);
    expect([...types].sort()).toEqual([...layerNames].sort());
  });

  it("refuses an unknown layer with the closest name", () => {
    const error = refusal([{ type: "flatten" }, { type: "danse", units: 2 }]);
    expect(error.code).toBe("MODEL_INVALID");
    expect(error.message).toBe(
      'layers[1] danse: "type" must be a layer of tfjs-layers, was "danse" (did you mean "dense"?)',
    );
  });

  it("refuses an argument that the layer does not know with the closest name", () => {
    const error = refusal([{ type: "conv2d", filters: 2, kernalSize: 2, kernelSize: 3 }]);
    expect(error.message).toBe(
      'layers[0] conv2d: every argument must be one that the layer knows, was "kernalSize" (did you mean "kernelSize"?)',
    );
  });

  it("names the layer that tfjs refuses to make", () => {
    expect(refusal([{ type: "flatten" }, { type: "dense", units: -1 }]).message).toMatch(
      /^layers\[1\] dense: units must be a whole number of 1 or more, was -1$/,
    );
    expect(refusal([{ type: "lstm", units: 2, stateful: true }]).message).toBe(
      "layers[0] lstm: stateful must be false: every sample is a sequence of its own, and no checkpoint would hold the states, was true",
    );
    expect(refusal([{ type: "gru", units: 2, resetAfter: true }]).message).toMatch(
      /resetAfter must be false/,
    );
    expect(refusal([{ type: "elu", alpha: 0.5 }]).message).toMatch(/alpha must be 1: tfjs has no other/);
    expect(refusal([{ type: "conv2d", filters: 1 }]).message).toBe(
      "layers[0] conv2d: kernelSize is required",
    );
    expect(refusal([{ type: "bidirectional", layer: { type: "lstn" } }]).message).toMatch(
      /^layers\[0\]\.layer lstn: .* was "lstn" \(did you mean "lstm"\?\)$/,
    );
  });

  it("names the layer that does not fit the one before it", () => {
    expect(refusal([{ type: "lstm", units: 3 }]).message).toBe(
      "layers[0] lstm: takes 2 axes for each sample, is given [8, 8, 1]",
    );
    expect(refusal([{ type: "flatten" }, { type: "conv2d", filters: 1, kernelSize: 3 }]).message).toBe(
      "layers[1] conv2d: takes 3 axes for each sample, is given [64]",
    );
    expect(refusal([{ type: "reshape", targetShape: [9, 7] }]).message).toBe(
      "layers[0] reshape: targetShape must hold the 64 numbers of [8, 8, 1], was [9, 7]",
    );
  });

  it("names the layer at which nothing is left of the image", () => {
    const pool = { type: "maxPooling2d", poolSize: 4 };
    expect(refusal([pool, pool]).message).toBe(
      "layers[1] maxPooling2d: every extent of its output must be positive, was [0, 0, 1]",
    );
  });

  it("names the layer that wants labels where the data has none", () => {
    const error = refusal([{ type: "dense", units: { from: "labels.count" } }], {
      shape: [3],
      dtype: "float32",
    });
    expect(error.message).toBe(
      'layers[0] dense: "from" must name a fact of the data, was "labels.count"; there are none',
    );
    expect(refusal([{ type: "dense", units: { from: "label.count" } }]).message).toContain(
      'was "label.count" (did you mean "labels.count"?)',
    );
  });

  it("fill in whatever facts the data has, wherever an argument is a number", () => {
    const facts = { vocabulary: { size: 30 }, features: ["a", "b"], categories: { size: ["s", "m", "l"] } };
    const layers = [
      { type: "embedding", inputDim: { from: "vocabulary.size" }, outputDim: { from: "features.count" } },
      { type: "reshape", targetShape: [{ from: "categories.size.count" }, 2, 1] },
    ];
    const model = buildLayers(tf, layers, { ...facts, shape: [3], dtype: "int32" }, 1);
    expect(model.layers.map(({ outputShape }) => outputShape)).toEqual([
      [null, null, 2],
      [null, 3, 2, 1],
    ]);
    model.dispose();
    const wrong = refusal([{ type: "dense", units: { from: "vocabulary.sizes" } }], {
      ...facts,
      shape: [3],
      dtype: "float32",
    });
    expect(wrong).toMatchObject({ code: "FACT_UNKNOWN", path: ["layers", 0, "units", "from"] });
    expect(wrong.message).toContain('(did you mean "vocabulary.size"?)');
  });

  it("refuses layers that join several inputs where there is one, and cells outside of recurrent layers", () => {
    expect(refusal([{ type: "concatenate" }]).message).toBe(
      'layers[0] concatenate: "concatenate" joins several inputs, was given one',
    );
    expect(refusal([{ type: "lstmCell", units: 2 }]).message).toContain("inside of a recurrent layer");
    const stacked = {
      type: "rnn",
      cell: [
        { type: "lstmCell", units: 2 },
        { type: "gruCell", units: 3 },
      ],
    };
    withModel([stacked], { shape: [4, 2], dtype: "float32" }, 1, (model) =>
      expect(model.outputs[0].shape).toEqual([null, 3]),
    );
  });

  it("is a plugin whose options a spec can state", () => {
    expect(plugin).toMatchObject({ kind: "model", name: "layers" });
    expect(plugin.options.safeParse({ layers: [] }).success).toBe(false);
    expect(plugin.options.safeParse({ layers: [{ units: 3 }] }).success).toBe(false);
  });
});
