import type { MillraceError } from "@millrace/core";
import type { ModelInput } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { barsRun, weightsOf, withRun } from "../../test/train.js";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import type { LayerDescription } from "./build-layer.js";
import { buildLayers } from "./layers.js";

const image: ModelInput = { shape: [8, 8, 1], dtype: "uint8", labels: ["a", "b", "c"] };

/** Two branches of different depth that are added: a residual block. */
const residual: LayerDescription[] = [
  { type: "rescaling", scale: 1 / 255, name: "scaled" },
  { type: "conv2d", filters: 4, kernelSize: 3, padding: "same", activation: "relu", name: "stem" },
  { type: "conv2d", filters: 4, kernelSize: 3, padding: "same", activation: "relu" },
  { type: "conv2d", filters: 4, kernelSize: 3, padding: "same", name: "long" },
  { type: "add", inputs: ["long", "stem"], name: "sum" },
  { type: "flatten" },
  { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
];

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

function refusal(layers: LayerDescription[]): { code: string; message: string; hint?: string } {
  let refused: unknown;
  const before = tf.memory().numTensors;
  try {
    buildLayers(tf, layers, image, 1).dispose();
  } catch (error) {
    refused = error;
  }
  expect(tf.memory().numTensors).toBe(before);
  const { code, where, message } = refused as MillraceError;
  return { code, message: `${where.join(", ")}: ${message}` };
}

describe("layers joined by name", () => {
  it("become a graph whose shapes follow from the data", () => {
    const before = tf.memory().numTensors;
    const model: LayersModel = buildLayers(tf, residual, image, 1);
    expect(model.inputs[0].shape).toEqual([null, 8, 8, 1]);
    expect(model.outputs[0].shape).toEqual([null, 3]);
    expect(model.layers.map(({ name }) => name)).toContain("conv2d_2");
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("compute what the same layers compute by hand", () => {
    const layers: LayerDescription[] = [
      { type: "flatten", name: "flat" },
      { type: "dense", units: 2, name: "left" },
      { type: "dense", units: 3, inputs: "flat", name: "right" },
      { type: "concatenate", inputs: ["right", "left"] },
    ];
    const model = buildLayers(tf, layers, image, 1);
    const [left, right, both] = tf.tidy(() => {
      const x = tf.randomUniform([2, 8, 8, 1], 0, 1, "float32", 1);
      const flat = tf.reshape(x, [2, 64]);
      const [leftKernel, rightKernel] = [model.getLayer("left"), model.getLayer("right")].map(
        (layer) => layer.getWeights()[0],
      );
      const answer = model.predict(x) as typeof x;
      return [tf.matMul(flat, leftKernel), tf.matMul(flat, rightKernel), answer].map(
        (tensor) => tensor.arraySync() as number[][],
      );
    });
    model.dispose();
    for (const [row, values] of both.entries()) {
      for (const [i, value] of [...right[row], ...left[row]].entries())
        expect(values[i]).toBeCloseTo(value, 4);
    }
  });

  it("train, are saved and give the same weights for the same seed", async () => {
    const train = () =>
      withRun(barsRun({ layers: residual }), async ({ result, runDir }) => {
        expect(result.metrics.accuracy).toBeGreaterThan(0.9);
        return weightsOf(runDir);
      });
    expect(await train()).toEqual(await train());
  });

  it("name the input that no layer before them has, with the closest name", () => {
    const { code, message } = refusal([{ type: "flatten" }, { type: "dense", units: 2, inputs: "flaten_0" }]);
    expect(code).toBe("MODEL_INVALID");
    expect(message).toBe(
      'layers[1] dense: "inputs" must name layers that stand before it, was "flaten_0" (did you mean "flatten_0"?)',
    );
  });

  it("are refused where two have one name, where one joins one input, and where nobody reads a branch", () => {
    expect(refusal([{ type: "flatten", name: "input", inputs: "input" }]).message).toBe(
      'layers[0] flatten: each layer must have a name of its own, was "input" again',
    );
    expect(refusal([{ type: "flatten" }, { type: "add", inputs: "flatten_0" }]).message).toBe(
      'layers[1] add: "add" joins several inputs, was given one',
    );
    expect(
      refusal([
        { type: "flatten" },
        { type: "dense", units: 2 },
        { type: "dense", units: 3, inputs: "flatten_0" },
      ]).message,
    ).toBe("layers[1] dense: its output must be read by a later layer, was by none");
  });

  it("tell an input that stands later from a cycle", () => {
    const dense = { type: "dense", units: 2 };
    expect(
      refusal([
        { ...dense, name: "a", inputs: "b" },
        { ...dense, name: "b" },
      ]).message,
    ).toMatch(/^layers\[0\] dense: .* was "b", which waits for this one: a cycle$/);
    expect(
      refusal([
        { ...dense, name: "a", inputs: "b" },
        { ...dense, name: "b", inputs: "input" },
      ]).message,
    ).toMatch(/was "b", which stands after it$/);
  });

  it("name the layer that cannot join what it is given", () => {
    const { message } = refusal([
      { type: "flatten", name: "flat" },
      { type: "dense", units: 2, name: "two" },
      { type: "add", inputs: ["flat", "two"] },
    ]);
    expect(message).toBe("layers[2] add: inputs must have one shape, were [64] and [2]");
  });
});
