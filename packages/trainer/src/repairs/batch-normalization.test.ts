import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { normal } from "../../test/against-cpu.js";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";

describe.each(["cpu", "wasm"] as const)("on %s batch normalization", (device) => {
  it.each([[true], [false]])(
    "of channels that stand first is that of the last, training %s",
    async (training) => {
      const tf = await loadEngine();
      await chooseDevice(tf, device);
      /** Output, gradients of input, scale and shift, and the statistics afterwards. */
      const numbers = (axis: number, order: number[]) => {
        const layer = tf.layers.batchNormalization({ axis });
        const x = tf.variable(tf.transpose(normal(tf, [4, 3, 5, 2], 1), order));
        const run = () => layer.apply(x, { training }) as Tensor;
        const back = order.map((_, i) => order.indexOf(i));
        run();
        const variables = [x, ...layer.trainableWeights.map((weight) => weight.read() as typeof x)];
        const weights = tf.transpose(normal(tf, [4, 3, 5, 2], 2), order);
        const { grads } = tf.variableGrads(() => tf.sum(tf.mul(run(), weights)), variables);
        const [ofInput, ...ofWeights] = variables.map(({ name }) => grads[name]);
        const statistics = layer.weights.slice(2).map((weight) => weight.read());
        const made = [tf.transpose(run(), back), tf.transpose(ofInput, back), ...ofWeights, ...statistics];
        x.dispose();
        return tf.concat(made.map((each) => tf.reshape(each, [-1]))).arraySync() as number[];
      };
      const [first, last] = tf.tidy(() => [numbers(1, [0, 3, 1, 2]), numbers(-1, [0, 1, 2, 3])]);
      expect(first).toEqual(last);
    },
  );

  it("keeps its statistics, and normalizes with them, where it is frozen", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, device);
    const [made, measured, mean] = tf.tidy(() => {
      const layer = tf.layers.batchNormalization({ trainable: false });
      const x = normal(tf, [4, 3], 1);
      const run = (training: boolean) => (layer.apply(x, { training }) as Tensor).arraySync();
      return [run(true), run(false), layer.weights[2].read().arraySync()];
    });
    expect(made).toEqual(measured);
    expect(mean).toEqual([0, 0, 0]);
  });
});
