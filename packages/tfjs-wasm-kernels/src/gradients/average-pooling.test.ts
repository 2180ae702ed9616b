import type { Tensor, Tensor3D, Tensor4D, Tensor5D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { normal } from "../../test/against-cpu.js";
import { type Engine, openBackend } from "../../test/backends.js";

type Pool = (tf: Engine, x: Tensor) => Tensor;

const cases: [string, number[], Pool][] = [
  ["without padding", [7, 7, 2], (tf, x) => tf.avgPool(x as Tensor4D, 3, 2, "valid")],
  ["padded on all sides", [7, 5, 2], (tf, x) => tf.avgPool(x as Tensor4D, 3, 1, "same")],
  ["padded at the end only", [5, 6, 1], (tf, x) => tf.avgPool(x as Tensor4D, 2, 2, "same")],
  ["of a window that is no square", [6, 5, 1], (tf, x) => tf.avgPool(x as Tensor4D, [4, 3], [3, 2], "same")],
  ["padded by a number", [6, 6, 1], (tf, x) => tf.avgPool(x as Tensor4D, 3, 3, 1, "floor")],
  ["of volumes", [3, 4, 5, 1], (tf, x) => tf.avgPool3d(x as Tensor5D, [2, 3, 3], [2, 2, 1], "same")],
  ["of volumes without padding", [3, 4, 4, 2], (tf, x) => tf.avgPool3d(x as Tensor5D, 2, 1, "valid")],
];

describe.each(["cpu", "wasm"] as const)("the gradient of average pooling on %s", (device) => {
  it.each(cases)("is what its own forward pass implies: %s", async (_, shape, pool) => {
    const tf = await openBackend(device);
    const before = tf.memory().numTensors;
    const [expected, actual] = tf.tidy(() => {
      const size = shape.reduce((a, b) => a * b);
      // Pooling is linear: what it makes of each unit vector is its whole matrix, and the gradient that one transposed.
      const pooled = pool(tf, tf.reshape(tf.eye(size), [size, ...shape]));
      const weights = normal(tf, [1, ...pooled.shape.slice(1)], 4);
      const implied = tf.sum(tf.reshape(tf.mul(pooled, weights), [size, -1]), 1);
      const gradient = tf.grad((x) => tf.sum(tf.mul(pool(tf, x), weights)));
      return [implied, tf.reshape(gradient(normal(tf, [1, ...shape], 5)), [size])];
    });
    const distance = tf.tidy(() => tf.max(tf.abs(tf.sub(expected, actual))));
    expect((await distance.data())[0]).toBeLessThan(1e-5);
    tf.dispose([expected, actual, distance]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("also holds for a single image", async () => {
    const tf = await openBackend(device);
    const ones = tf.tidy(() =>
      tf.grad((x) => tf.sum(tf.avgPool(x as Tensor3D, 2, 2, "same")))(tf.ones([3, 3, 1])),
    );
    expect([...(await ones.data())]).toEqual([0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
    ones.dispose();
  });
});
