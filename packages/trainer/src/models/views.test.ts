import { MillraceError } from "@millrace/core";
import { beforeAll, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { losses } from "../losses/losses.js";
import { forwardOf, hasViews } from "./forward.js";
import { buildLayers } from "./layers.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "cpu");
});

it("several views of each image are measured by the mean of what the model gives for each, and not trained on", () => {
  const layers = [{ type: "flatten" }, { type: "dense", units: 3, activation: "softmax" }];
  const model = buildLayers(tf, layers, { shape: [4, 5, 3], dtype: "float32" }, 1);
  const forward = forwardOf(tf, model, losses.sparseCategoricalCrossentropy);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const views = tf.randomNormal([2, 5, 4, 5, 3], 0, 1, "float32", 3);
    const { kind, tensor } = forward.run([views], false);
    const each = Array.from({ length: 5 }, (_, i) => {
      const view = tf.reshape(tf.slice(views, [0, i], [2, 1]), [2, 4, 5, 3]);
      return forward.run([view], false).tensor;
    });
    const mean = tf.mean(tf.stack(each), 0);
    expect([kind, tensor.shape]).toEqual(["logits", [2, 3]]);
    expect(tf.max(tf.abs(tf.sub(tensor, mean))).dataSync()[0]).toBeLessThan(1e-5);
    expect(() => forward.run([views], true)).toThrow(MillraceError);
    expect(() => forward.run([views], true)).toThrow("one view of each sample, [4, 5, 3], was [5, 4, 5, 3]");
  });
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
});

it("views are images alone, of the size that the model takes", () => {
  expect(hasViews([4, 5, 3], [10, 4, 5, 3])).toBe(true);
  expect(hasViews([null, null, 3], [10, 4, 5, 3])).toBe(true);
  expect(hasViews([4, 5, 3], [10, 5, 4, 3])).toBe(false);
  expect(hasViews([4, 5, 3], [4, 5, 3])).toBe(false);
  expect(hasViews([7], [5, 7])).toBe(false);
});
