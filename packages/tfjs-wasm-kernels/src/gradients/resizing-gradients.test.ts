import type { Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { normal } from "../../test/against-cpu.js";
import { type Engine, openBackend } from "../../test/backends.js";

type Resize = (tf: Engine, x: Tensor4D) => Tensor4D;

const nearest =
  (size: [number, number], aligned = false): Resize =>
  (tf, x) =>
    tf.image.resizeNearestNeighbor(x, size, aligned);
const bilinear =
  (size: [number, number], aligned = false): Resize =>
  (tf, x) =>
    tf.image.resizeBilinear(x, size, aligned);

const cases: [string, Resize][] = [
  ["nearest, larger", nearest([6, 12])],
  ["nearest, smaller", nearest([2, 3])],
  ["nearest, corners aligned", nearest([7, 5], true)],
  ["bilinear, larger", bilinear([6, 9])],
  ["bilinear, smaller", bilinear([2, 3])],
  ["bilinear, corners aligned", bilinear([7, 5], true)],
];

describe.each(["cpu", "wasm"] as const)("the gradient of resizing on %s", (device) => {
  it.each(cases)("is what its own forward pass implies, for two images: %s", async (_, resize) => {
    const tf = await openBackend(device);
    const before = tf.memory().numTensors;
    const shape = [2, 3, 4, 2];
    const size = shape.reduce((a, b) => a * b);
    const distance = tf.tidy(() => {
      // Resizing is linear: what it makes of each unit vector is its whole matrix, and the gradient that one transposed.
      const units = tf.reshape(tf.eye(size), [2 * size, 3, 4, 2]) as Tensor4D;
      const matrix = tf.reshape(resize(tf, units), [size, -1]);
      const weights = normal(tf, [1, matrix.shape[1] as number], 4);
      const implied = tf.sum(tf.mul(matrix, weights), 1);
      const gradient = tf.grad((x) =>
        tf.sum(tf.mul(tf.reshape(resize(tf, x as Tensor4D), [1, -1]), weights)),
      )(normal(tf, shape, 5));
      expect(gradient.shape).toEqual(shape);
      return tf.max(tf.abs(tf.sub(implied, tf.reshape(gradient, [size]))));
    });
    expect((await distance.data())[0]).toBeLessThan(1e-5);
    distance.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
