import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";
import { GradientWatch } from "./gradient-watch.js";

describe("a watch over gradients", () => {
  it("tells of each as soon as it is whole, the last layer's first, also where a layer is read twice", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, "wasm");
    const input = tf.input({ shape: [4] });
    const twice = tf.layers.dense({ units: 4, name: "twice" });
    const last = tf.layers.dense({ units: 1, name: "last" });
    const once = twice.apply(input);
    const model = tf.model({ inputs: input, outputs: last.apply(twice.apply(once)) as never });
    const weights = model.trainableWeights;
    const parts = weights.map(() => [] as number[]);
    const told: number[] = [];
    const watch = new GradientWatch(tf, weights, (weight, part, isWhole) => {
      for (const [i, value] of part.dataSync().entries()) parts[weight][i] = (parts[weight][i] ?? 0) + value;
      if (isWhole) told.push(weight);
    });
    const x = tf.randomNormal([8, 4]);
    const step = () => {
      told.length = 0;
      for (const part of parts) part.length = 0;
      const variables = weights.map((weight) => weight.read() as Variable);
      return tf.variableGrads(
        () => watch.during(() => tf.mean<Scalar>(tf.square([model.call(x, { training: true })].flat()[0]))),
        variables,
      );
    };
    for (let i = 0; i < 2; i++) {
      const { value, grads } = step();
      expect(told.map((weight) => weights[weight].originalName)).toEqual(
        expect.arrayContaining(["last/kernel", "twice/kernel", "last/bias", "twice/bias"]),
      );
      expect(told.slice(0, 2).every((weight) => weights[weight].originalName.startsWith("last"))).toBe(true);
      for (const [i, weight] of weights.entries()) {
        const whole = grads[(weight.read() as Variable).name].dataSync();
        for (const [k, each] of whole.entries()) expect(parts[i][k]).toBeCloseTo(each, 5);
      }
      tf.dispose([value, grads]);
    }
    watch.close();
    const own = weights.map((weight) => weight.read());
    expect(weights.map((weight) => weight.read())).toEqual(own);
    const { value, grads } = step();
    expect(told).toEqual([]);
    tf.dispose([value, grads]);
    model.dispose();
    x.dispose();
  });
});
