import * as fc from "fast-check";
import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { farthestFromCpu, normal, resultOn } from "../../test/against-cpu.js";

const tolerance = 1e-4;
const extent = (max: number) => fc.integer({ min: 1, max });

describe("SIMD code over rows on the wasm device", () => {
  it("sums over all axes but the last", async () => {
    const tensor = fc.record({
      shape: fc.array(extent(9), { minLength: 2, maxLength: 4 }),
      keepDims: fc.boolean(),
    });
    const distance = await farthestFromCpu(tensor, 40, ({ shape, keepDims }) => (tf) => {
      const axes = shape.slice(1).map((_, axis) => axis);
      return tf.sum(normal(tf, shape, 1), axes, keepDims);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it.each(["add", "sub", "mul", "div"] as const)(
    "%s: repeats numbers for the last axes on either side",
    async (operation) => {
      const broadcast = fc.record({
        shape: fc.array(extent(7), { minLength: 2, maxLength: 4 }),
        axes: fc.integer({ min: 1, max: 3 }),
        ones: fc.integer({ min: 0, max: 3 }),
        first: fc.boolean(),
      });
      const distance = await farthestFromCpu(broadcast, 60, ({ shape, axes, ones, first }) => (tf) => {
        const own = shape.slice(-Math.min(axes, shape.length - 1));
        const leading = Math.min(ones, shape.length - own.length);
        const x = tf.add(tf.abs(normal(tf, shape, 1)), 1);
        const numbers = tf.add(tf.abs(normal(tf, [...Array<number>(leading).fill(1), ...own], 2)), 1);
        return first ? tf[operation](numbers, x) : tf[operation](x, numbers);
      });
      expect(distance).toBeLessThan(tolerance);
    },
  );

  it("takes means over all axes but the last", async () => {
    const distance = await farthestFromCpu(
      fc.array(extent(9), { minLength: 2, maxLength: 4 }),
      40,
      (shape) => (tf) => {
        const axes = shape.slice(1).map((_, axis) => axis);
        return tf.mean(tf.add(normal(tf, shape, 1), 3), axes);
      },
    );
    expect(distance).toBeLessThan(tolerance);
  });

  it("loses nothing to rounding in sums over very many rows", async () => {
    const { data } = await resultOn("wasm", (tf) => {
      const equal = tf.mul(tf.ones([1_000_000, 3]), 0.1);
      return tf.concat([tf.mean(equal, 0), tf.div(tf.sum(equal, 0), 1e6)]);
    });
    expect(Math.max(...[...data].map((value) => Math.abs(value - 0.1)))).toBeLessThan(1e-5);
  });

  it("normalizes a batch, with and without scale and offset, also where the mean is far from 0", async () => {
    const batch = fc.record({ channels: extent(11), scale: fc.boolean(), offset: fc.boolean() });
    const distance = await farthestFromCpu(batch, 40, ({ channels, scale, offset }) => (tf) => {
      const x = tf.add(normal(tf, [2, 3, 5, channels], 1), 1000) as Tensor4D;
      const own = (seed: number) => tf.abs(normal(tf, [channels], seed)) as Tensor1D;
      const mean = tf.add(own(2), 1000) as Tensor1D;
      return tf.batchNorm4d(x, mean, own(3), offset ? own(4) : undefined, scale ? own(5) : undefined, 0.1);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("repeats tensors along any axes", async () => {
    const tiling = fc
      .array(fc.tuple(fc.constantFrom(1, 1, 1, 3), fc.constantFrom(1, 1, 2, 5)), {
        minLength: 1,
        maxLength: 4,
      })
      .map((axes) => ({ shape: axes.map(([each]) => each), reps: axes.map(([, count]) => count) }));
    const distance = await farthestFromCpu(
      tiling,
      60,
      ({ shape, reps }) =>
        (tf) =>
          tf.tile(normal(tf, shape, 1), reps),
    );
    expect(distance).toBe(0);
  });
});
