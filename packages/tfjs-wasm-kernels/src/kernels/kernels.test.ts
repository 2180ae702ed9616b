import * as fc from "fast-check";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import {
  type Computation,
  distanceFromCpu,
  farthestFromCpu,
  normal,
  resultOn,
} from "../../test/against-cpu.js";
import { openBackend } from "../../test/backends.js";
import { installWasmKernels, wasmKernels } from "../install.js";

const tolerance = 1e-4;

interface Convolution {
  batch: number;
  height: number;
  width: number;
  channels: number;
  filters: number;
  filterHeight: number;
  filterWidth: number;
  strides: [number, number];
  pad: "same" | "valid" | [[number, number], [number, number], [number, number], [number, number]];
}

const convolution: fc.Arbitrary<Convolution> = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 4, max: 9 }),
  width: fc.integer({ min: 4, max: 9 }),
  channels: fc.integer({ min: 1, max: 6 }),
  filters: fc.integer({ min: 1, max: 18 }),
  filterHeight: fc.integer({ min: 1, max: 4 }),
  filterWidth: fc.integer({ min: 1, max: 4 }),
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  pad: fc.oneof(
    fc.constantFrom("same" as const, "valid" as const),
    fc
      .array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 })
      .map(([a, b, c, d]): Convolution["pad"] => [
        [0, 0],
        [a, b],
        [c, d],
        [0, 0],
      ]),
  ),
});

const farthest = (law: (from: Convolution) => Computation) => farthestFromCpu(convolution, 60, law);

describe("kernels of the wasm device against the cpu device", () => {
  it("gives the gradients of a convolution's input and filter for any shape, stride and padding", async () => {
    const distance = await farthest((from) => (tf) => {
      const x = normal(tf, [from.batch, from.height, from.width, from.channels], 1) as Tensor4D;
      const w = normal(tf, [from.filterHeight, from.filterWidth, from.channels, from.filters], 2) as Tensor4D;
      const [dx, dw] = tf.grads((x: Tensor, w: Tensor) =>
        tf.sum(tf.square(tf.conv2d(x as Tensor4D, w as Tensor4D, from.strides, from.pad))),
      )([x, w]);
      return tf.concat([tf.reshape(dx, [-1]), tf.reshape(dw, [-1])]);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("gives the gradients of a depthwise convolution for any shape, stride, padding and multiplier", async () => {
    const distance = await farthest((from) => (tf) => {
      const x = normal(tf, [from.batch, from.height, from.width, from.channels], 1) as Tensor4D;
      const w = normal(tf, [from.filterHeight, from.filterWidth, from.channels, from.filters], 2) as Tensor4D;
      // The cpu device computes depthwise gradients for equal strides only.
      const stride = from.strides[0];
      const pad = typeof from.pad === "string" ? from.pad : "same";
      const [dx, dw] = tf.grads((x: Tensor, w: Tensor) =>
        tf.sum(tf.square(tf.depthwiseConv2d(x as Tensor4D, w as Tensor4D, stride, pad))),
      )([x, w]);
      return tf.concat([tf.reshape(dx, [-1]), tf.reshape(dw, [-1])]);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("gives the gradient of max pooling, also where every value of a window is negative", async () => {
    const distance = await farthest((from) => (tf) => {
      const values = normal(tf, [from.batch, from.height, from.width, from.channels], 3) as Tensor4D;
      const x = from.filters % 2 === 0 ? values : tf.sub(values, 10);
      const size: [number, number] = [from.filterHeight, from.filterWidth];
      const pad = typeof from.pad === "string" ? from.pad : "same";
      return tf.grad((x) => tf.sum(tf.square(tf.maxPool(x as Tensor4D, size, from.strides, pad))))(x);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("gives a transposed convolution for any shape, stride and padding", async () => {
    const distance = await farthest((from) => (tf) => {
      const x = normal(tf, [from.batch, from.height, from.width, from.channels], 1) as Tensor4D;
      const w = normal(tf, [from.filterHeight, from.filterWidth, from.filters, from.channels], 2) as Tensor4D;
      const pad = from.pad === "valid" ? "valid" : "same";
      const extent = (size: number, window: number, stride: number): number =>
        size * stride + (pad === "valid" ? Math.max(window - stride, 0) : 0);
      const height = extent(from.height, from.filterHeight, from.strides[0]);
      const width = extent(from.width, from.filterWidth, from.strides[1]);
      const shape: [number, number, number, number] = [from.batch, height, width, from.filters];
      return tf.conv2dTranspose(x, w, shape, from.strides, pad);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("sends the gradient of equal values to the first of the window, as cpu does", async () => {
    const distance = await distanceFromCpu((tf) =>
      tf.grad((x) => tf.sum(tf.maxPool(x as Tensor4D, 3, 1, "same")))(tf.ones([2, 5, 5, 2])),
    );
    expect(distance).toBe(0);
  });

  it("multiplies matrices with either argument transposed, with and without batches", async () => {
    const sides = fc.record({
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
      batch: fc.constantFrom([], [1], [3], [2, 3]),
      rows: fc.integer({ min: 1, max: 9 }),
      inner: fc.integer({ min: 1, max: 9 }),
      columns: fc.integer({ min: 1, max: 9 }),
      fused: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sides, async ({ transposeA, transposeB, batch, rows, inner, columns, fused }) => {
        const distance = await distanceFromCpu((tf) => {
          const a = normal(tf, [...batch, ...(transposeA ? [inner, rows] : [rows, inner])], 1);
          const b = normal(tf, [...batch, ...(transposeB ? [columns, inner] : [inner, columns])], 2);
          if (!fused) return tf.matMul(a, b, transposeA, transposeB);
          const bias = normal(tf, [columns], 3);
          return tf.fused.matMul({ a, b, transposeA, transposeB, bias, activation: "relu" });
        });
        expect(distance).toBeLessThan(tolerance);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it.each([
    [[8, 300], [300, 100], false],
    [[2, 4, 300], [100, 300], true],
  ])(
    "MatMul matches where the right-hand matrix is by far the larger: %j · %j",
    async (left, right, transposed) => {
      const distance = await distanceFromCpu((tf) =>
        tf.matMul(normal(tf, left, 1), normal(tf, right, 2), false, transposed),
      );
      expect(distance).toBeLessThan(1e-4);
    },
  );

  it("multiplies large matrices in batches pair by pair", async () => {
    const distance = await distanceFromCpu((tf) =>
      tf.matMul(normal(tf, [2, 3, 60, 50], 1), normal(tf, [2, 3, 60, 50], 2), false, true),
    );
    expect(distance).toBeLessThan(tolerance);
  });

  it("convolves where the stride exceeds the window along one axis and the other is padded", async () => {
    const distance = await distanceFromCpu((tf) => {
      const x = normal(tf, [2, 5, 6, 3], 1) as Tensor4D;
      const filter = normal(tf, [2, 1, 3, 4], 2) as Tensor4D;
      const plain = tf.conv2d(x, filter, 2, "same");
      const fused = tf.fused.conv2d({ x, filter, strides: 2, pad: "same", activation: "relu" });
      const depthwise = tf.depthwiseConv2d(x, filter, 2, "same");
      return tf.concat([plain, fused, depthwise], 3);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("sums the gradient of an embedding over repeated indices", async () => {
    const distance = await distanceFromCpu((tf) => {
      const indices = tf.tensor2d([0, 3, 3, 1, 0, 3], [2, 3], "int32");
      return tf.grad((table) => tf.sum(tf.square(tf.gather(table, indices))))(normal(tf, [5, 2, 3], 1));
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("drops segment ids that are out of range, and leaves memory alone", async () => {
    const { data } = await resultOn("wasm", (tf) =>
      tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4, 8]), tf.tensor1d([1, -1, 7, 1], "int32"), 3),
    );
    expect([...data]).toEqual([0, 9, 0]);
  });

  it("casts to truth as cpu does: everything but 0 is true", async () => {
    const distance = await distanceFromCpu((tf) =>
      tf.cast(tf.concat([tf.tensor1d([0, 0.5, -1, -0, 300, Number.NaN])]), "bool"),
    );
    expect(distance).toBe(0);
  });

  it("can be installed any number of times", async () => {
    const tf = await openBackend("wasm");
    installWasmKernels(tf);
    const first = wasmKernels.map(({ kernelName }) => tf.getKernel(kernelName, "wasm").kernelFunc);
    installWasmKernels(tf);
    expect(wasmKernels.map(({ kernelName }) => tf.getKernel(kernelName, "wasm").kernelFunc)).toEqual(first);
  });
});
