import { ndarray, type NdArray } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import type { OutputKind } from "./loss.js";
import { type LossName, losses } from "./losses.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

/** The loss and its gradient for outputs [samples, units]. */
function measure(name: LossName, kind: OutputKind, outputs: number[][], target: NdArray) {
  return tf.tidy(() => {
    const place = { indices: outputs.map((_, i) => i), outputShape: [outputs[0].length] };
    const truth = losses[name].upload(tf, target, place);
    const { value, grad } = tf.valueAndGrad((tensor: Tensor) =>
      tf.mean(losses[name].each(tf, { kind, tensor }, truth)),
    )(tf.tensor2d(outputs));
    return { loss: value.dataSync()[0], gradient: [...grad.dataSync()] };
  });
}

const labels = (...values: number[]) => ndarray(Int32Array.from(values));
const numbers = (...values: number[]) => ndarray(Float32Array.from(values));

describe("losses", () => {
  it("give what the definition gives, from logits and from probabilities", () => {
    const expected = -(Math.log(0.7) + Math.log(0.2)) / 2;
    const probabilities = [
      [0.7, 0.2, 0.1],
      [0.5, 0.2, 0.3],
    ];
    const logits = probabilities.map((row) => row.map((p) => Math.log(p) + 5));
    for (const [kind, outputs] of [
      ["probabilities", probabilities],
      ["logits", logits],
    ] as const) {
      expect(measure("sparseCategoricalCrossentropy", kind, outputs, labels(0, 1)).loss).toBeCloseTo(
        expected,
        5,
      );
      const oneHot = ndarray(Float32Array.from([1, 0, 0, 0, 1, 0]), [2, 3]);
      expect(measure("categoricalCrossentropy", kind, outputs, oneHot).loss).toBeCloseTo(expected, 5);
    }
    const binary = -(Math.log(0.8) + Math.log(1 - 0.3)) / 2;
    expect(measure("binaryCrossentropy", "probabilities", [[0.8], [0.3]], labels(1, 0)).loss).toBeCloseTo(
      binary,
      5,
    );
    const asLogits = [[Math.log(0.8 / 0.2)], [Math.log(0.3 / 0.7)]];
    expect(measure("binaryCrossentropy", "logits", asLogits, labels(1, 0)).loss).toBeCloseTo(binary, 5);
    expect(measure("meanSquaredError", "values", [[1], [4]], numbers(3, 3)).loss).toBeCloseTo(2.5, 5);
  });

  it("between numbers are what torch's L1Loss and HuberLoss are, with their gradients", () => {
    const outputs = [[1], [4], [3.5]];
    const distance = measure("meanAbsoluteError", "values", outputs, numbers(3, 3, 3));
    expect(distance.loss).toBeCloseTo((2 + 1 + 0.5) / 3, 6);
    const near = measure("huber", "values", outputs, numbers(3, 3, 3));
    expect(near.loss).toBeCloseTo((1.5 + 0.5 + 0.125) / 3, 6);
    // −1 and 1 beyond the bend, the distance itself within it.
    expect(near.gradient[0]).toBeCloseTo(-1 / 3, 6);
    expect(near.gradient[2]).toBeCloseTo(0.5 / 3, 6);
  });

  it("stay exact and keep a gradient where a probability rounds to 0", () => {
    const sparse = measure("sparseCategoricalCrossentropy", "logits", [[1000, 0]], labels(1));
    expect(sparse.loss).toBeCloseTo(1000, 2);
    expect(sparse.gradient).toEqual([1, -1]);
    const binary = measure("binaryCrossentropy", "logits", [[-500]], labels(1));
    expect(binary.loss).toBeCloseTo(500, 2);
    expect(binary.gradient).toEqual([-1]);
  });

  it("refuse targets that are no labels or probabilities", () => {
    const refuse = (name: LossName, target: NdArray) => () => measure(name, "logits", [[1, 2]], target);
    expect(refuse("sparseCategoricalCrossentropy", numbers(0.5))).toThrow("whole number from 0 to 1");
    expect(refuse("sparseCategoricalCrossentropy", labels(-1))).toThrow("was -1");
    expect(refuse("sparseCategoricalCrossentropy", numbers(Number.NaN))).toThrow("was NaN");
    const pair = (...values: number[]) => ndarray(Float32Array.from(values), [1, 2]);
    expect(refuse("categoricalCrossentropy", pair(3, -2))).toThrow(
      "one probability for each label, from 0 to 1 and 1 together, was [3, -2]",
    );
    expect(refuse("categoricalCrossentropy", pair(0.5, 0.2))).toThrow("was [0.5, 0.2]");
    expect(refuse("categoricalCrossentropy", labels(1))).toThrow(
      "needs a target of shape [2] for each sample, was []",
    );
    expect(() => measure("binaryCrossentropy", "logits", [[1]], labels(2))).toThrow("from 0 to 1, was 2");
    expect(() => measure("meanSquaredError", "values", [[1]], numbers(Number.NaN))).toThrow(
      "must be finite, was NaN",
    );
  });
});
