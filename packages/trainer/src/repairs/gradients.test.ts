import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { normal } from "../../test/against-cpu.js";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";

describe.each(["cpu", "wasm"] as const)("on %s the gradient", (device) => {
  const shape = [2, 3, 4];

  it.each<[number[] | undefined]>([[undefined], [[0]], [[1]], [[-1, 0]], [[0, 1, 2]]])(
    "of a sum spreads what came back, and of a mean its share: axes %j",
    async (axes) => {
      const tf = await loadEngine();
      await chooseDevice(tf, device);
      const [actual, expected] = tf.tidy(() => {
        const x = normal(tf, shape, 1);
        const weights = normal(tf, tf.sum(x, axes, true).shape, 2);
        const gradientOf = (reduced: (x: Tensor) => Tensor): Tensor =>
          tf.grad((each) => tf.sum(tf.mul(reduced(each), weights)))(x);
        const gradients = [
          gradientOf((each) => tf.sum(each, axes, true)),
          gradientOf((each) => tf.mean(each, axes, true)),
        ];
        // Each number counts with the weight of where it was added.
        const times = shape.map((extent, i) => extent / weights.shape[i]);
        const spread = tf.tile(weights, times);
        const all = [spread, tf.div(spread, x.size / weights.size)];
        return [gradients, all].map((tensors) => tensors.map((each) => each.arraySync()));
      });
      expect(actual).toEqual(expected);
    },
  );

  it("of the only part of an unstacked tensor is that part's", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, device);
    const gradient = tf.tidy(() =>
      tf.grad((x) => tf.sum(tf.mul(tf.unstack(x, 1)[0], [1, 2, 3])))(tf.ones([3, 1])),
    );
    expect(gradient.arraySync()).toEqual([[1], [2], [3]]);
    gradient.dispose();
  });
});
