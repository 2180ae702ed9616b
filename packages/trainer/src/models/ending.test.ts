import { beforeAll, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { type LossName, losses } from "../losses/losses.js";
import type { LayerDescription } from "./build-layer.js";
import { forwardOf } from "./forward.js";
import { buildLayers } from "./layers.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "cpu");
});

const softmax = { type: "dense", units: 3, activation: "softmax" };
const dropout = { type: "dropout", rate: 0.5 };

/** What the loss is told that a model gives, and whether the probabilities that follow are the model's own. */
function told(layers: LayerDescription[], shape: number[], loss: LossName = "sparseCategoricalCrossentropy") {
  const model = buildLayers(tf, layers, { shape, dtype: "float32" }, 1);
  try {
    const forward = forwardOf(tf, model, losses[loss]);
    const same = tf.tidy(() => {
      const x = tf.randomNormal([2, ...shape], 0, 1, "float32", 3);
      const { tensor } = forward.run([x], false);
      const own = model.predict(x) as typeof tensor;
      const act = losses[loss].activation === "softmax" ? tf.softmax(tensor) : tf.sigmoid(tensor);
      const probabilities = forward.kind === "logits" ? act : tensor;
      return tf.max(tf.abs(tf.sub(probabilities, own))).dataSync()[0] < 1e-6;
    });
    return { kind: forward.kind, gives: forward.gives, same };
  } finally {
    model.dispose();
  }
}

const logits = { kind: "logits", gives: "probabilities", same: true };
const probabilities = { kind: "probabilities", gives: "probabilities", same: true };

describe("what a model gives", () => {
  it.each([
    ["its last layer's activation", [softmax], [2]],
    ["a layer of its own", [{ type: "dense", units: 3 }, { type: "softmax" }], [2]],
    [
      "an activation layer",
      [
        { type: "dense", units: 3 },
        { type: "activation", activation: "softmax" },
      ],
      [2],
    ],
    ["a reshape after it", [softmax, { type: "reshape", targetShape: [3] }], [2]],
    ["a flatten after it", [softmax, { type: "reshape", targetShape: [1, 3] }, { type: "flatten" }], [2]],
    ["each time step", [{ type: "timeDistributed", layer: softmax }], [4, 2]],
    [
      "a graph",
      [
        { ...softmax, inputs: "input" },
        { type: "reshape", targetShape: [1, 3] },
      ],
      [2],
    ],
  ])("is known to be a softmax in %s, and the loss gets its logits", (_, layers, shape) => {
    expect(told(layers, shape)).toEqual(logits);
  });

  it.each([
    ["dropout after it", [softmax, dropout], [2]],
    [
      "a flatten that mixes rows",
      [{ type: "dense", units: 3, activation: "softmax" }, { type: "flatten" }],
      [4, 2],
    ],
    ["pooling over time", [softmax, { type: "globalAveragePooling1d" }], [4, 2]],
    ["a recurrent layer", [{ type: "simpleRNN", units: 3, activation: "softmax" }], [4, 2]],
    [
      "the mean of two",
      [
        { ...softmax, name: "a", inputs: "input" },
        { ...softmax, name: "b", inputs: "input" },
        { type: "average", inputs: ["a", "b"] },
      ],
      [2],
    ],
  ])("is known to be probabilities with %s", (_, layers, shape) => {
    expect(told(layers, shape)).toEqual(probabilities);
  });

  it("is known for a sigmoid too, however its numbers are arranged", () => {
    const sigmoid = { type: "dense", units: 4, activation: "sigmoid" };
    const reshape = { type: "reshape", targetShape: [2, 2] };
    expect(told([sigmoid, reshape], [2], "binaryCrossentropy")).toEqual(logits);
    expect(told([sigmoid, dropout], [2], "binaryCrossentropy")).toEqual(probabilities);
  });

  it("is taken for logits where it ends in neither", () => {
    expect(told([{ type: "dense", units: 3 }], [2])).toMatchObject({ kind: "logits", gives: "logits" });
    expect(() => told([{ type: "dense", units: 3, activation: "sigmoid" }], [2])).toThrow(
      "ends in a sigmoid",
    );
  });

  it("is not changed where a layer stands in two places", () => {
    const shared = tf.layers.dense({ units: 3, activation: "softmax" });
    const input = tf.input({ shape: [3] });
    const once = shared.apply(input) as typeof input;
    const model = tf.model({ inputs: input, outputs: shared.apply(once) as typeof input });
    expect(forwardOf(tf, model, losses.sparseCategoricalCrossentropy).kind).toBe("probabilities");
    model.dispose();
  });
});
