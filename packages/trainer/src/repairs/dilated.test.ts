/** Dilated and causal convolutions beside torch's, as test/fixtures/torch-convolutions.py has recorded them. */
import { readFileSync } from "node:fs";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";

interface Case {
  readonly name: string;
  readonly layer: {
    readonly filters: number;
    readonly kernelSize: number[];
    readonly padding?: "same" | "causal";
  };
  readonly shape: number[];
  readonly outputShape: number[];
  readonly y: number[];
  readonly gradients: readonly number[][];
}

const file = new URL("../../test/fixtures/torch-convolutions.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly Case[] };

function wave(tf: Engine, shape: number[], step: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * step)),
    shape,
  );
}

function furthest(own: ArrayLike<number>, theirs: readonly number[]): number {
  expect(own).toHaveLength(theirs.length);
  return Math.max(...theirs.map((value, i) => Math.abs(value - own[i])));
}

describe.each(["cpu", "wasm"] as const)("on %s convolutions that tfjs does not train", (device) => {
  it.each(cases.map((each) => [each.name, each] as const))(
    "are torch's, forward and backward: %s",
    async (_, { layer: options, shape, outputShape, y, gradients }) => {
      const tf = await loadEngine();
      await chooseDevice(tf, device);
      const isFlat = options.kernelSize.length === 1;
      const layer = isFlat ? tf.layers.conv1d(options) : tf.layers.conv2d(options);
      const input = tf.input({ shape });
      const model = tf.model({ inputs: input, outputs: layer.apply(input) as never });
      const [kernel, bias] = model.weights;
      kernel.write(wave(tf, kernel.shape as number[], 1.3));
      bias.write(wave(tf, bias.shape as number[], 2));
      const x = tf.variable(wave(tf, [2, ...shape], 0.7));
      const run = () => [model.call(x, { training: true })].flat()[0];
      const made = tf.tidy(run);
      expect(made.shape).toEqual(outputShape);
      expect(model.outputs[0].shape.slice(1)).toEqual(outputShape.slice(1));
      expect(furthest(made.dataSync(), y)).toBeLessThan(1e-5);
      const variables = [x, kernel.read() as Variable, bias.read() as Variable];
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(run())), variables);
      for (const [i, { name }] of variables.entries())
        expect(furthest(grads[name].dataSync(), gradients[i])).toBeLessThan(2e-4);
      tf.dispose([made, value, grads, x]);
      model.dispose();
    },
  );
});
