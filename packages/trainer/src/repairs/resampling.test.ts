/** Images that layers resize or crop beside torch's, as test/fixtures/torch-resampling.py has recorded them. */
import { readFileSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";
import { buildLayers } from "../models/layers.js";

interface Case {
  readonly layer: { readonly type: string; readonly interpolation?: string; readonly dataFormat?: string };
  readonly shape: number[];
  readonly outputShape: number[];
  readonly y: number[];
  readonly gradient: readonly number[];
}

const file = new URL("../../test/fixtures/torch-resampling.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly Case[] };

function wave(shape: readonly number[], step: number): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * step));
}

function furthest(own: ArrayLike<number>, theirs: readonly number[]): number {
  expect(own).toHaveLength(theirs.length);
  return Math.max(...theirs.map((value, i) => Math.abs(value - own[i])));
}

describe.each(["cpu", "wasm"] as const)("on %s images", (device) => {
  it.each(cases.map((each) => [JSON.stringify(each.layer), each] as const))(
    "are resized and cropped as by torch, forward and backward: %s",
    async (_, { layer, shape, outputShape, y, gradient }) => {
      const tf = await loadEngine();
      await chooseDevice(tf, device);
      const model = buildLayers(tf, [layer], { shape, dtype: "float32", facts: {} }, 1);
      expect(model.inputs[0].shape).toEqual([null, ...shape]);
      expect(model.outputs[0].shape).toEqual([null, ...outputShape.slice(1)]);
      const x = tf.tensor(wave([2, ...shape], 0.7), [2, ...shape]);
      const weights = tf.tensor(wave(outputShape, 1.1), outputShape);
      const run = (input: Tensor) => [model.call(input, { training: true })].flat()[0];
      const { value, grad } = tf.valueAndGrad((input: Tensor) => tf.sum(tf.mul(run(input), weights)))(x);
      const made = tf.tidy(() => run(x));
      expect(made.shape).toEqual(outputShape);
      expect(furthest(made.dataSync(), y)).toBeLessThan(1e-5);
      expect(furthest(grad.dataSync(), gradient)).toBeLessThan(1e-5);
      tf.dispose([made, value, grad, x, weights]);
      model.dispose();
    },
  );

  it("that are smaller than a crop are made larger first", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, device);
    const model = buildLayers(
      tf,
      [{ type: "centerCrop", height: 4, width: 4 }],
      { shape: [2, 4, 1], dtype: "float32", facts: {} },
      1,
    );
    const rows = [0, 0, 1, 1, 0, 0, 1, 1];
    const made = tf.tidy(() => [model.call(tf.tensor(rows, [1, 2, 4, 1]), {})].flat()[0]);
    // Of the middle two columns, twice as high and twice as wide.
    expect([...made.dataSync()]).toEqual(Array.from({ length: 4 }, () => [0, 0.25, 0.75, 1]).flat());
    made.dispose();
    model.dispose();
  });

  it("have another width in each step of randomWidth, and their own when they are measured", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, device);
    const layers = [
      { type: "randomWidth", factor: [0.5, 0.5], seed: 3 },
      { type: "conv2d", filters: 2, kernelSize: 1 },
      { type: "globalAveragePooling2d" },
    ];
    const model = buildLayers(tf, layers, { shape: [3, 4, 1], dtype: "float32", facts: {} }, 1);
    expect(model.layers[0].outputShape).toEqual([null, 3, null, 1]);
    const x = tf.ones([2, 3, 4, 1]);
    const widthOf = (training: boolean) =>
      tf.tidy(() => [model.layers[0].call(x, { training })].flat()[0].shape[2]);
    expect(widthOf(true)).toBe(6);
    expect(widthOf(false)).toBe(4);
    const whole = tf.tidy(() => [model.call(x, { training: true })].flat()[0].shape);
    expect(whole).toEqual([2, 2]);
    x.dispose();
    model.dispose();
  });
});
