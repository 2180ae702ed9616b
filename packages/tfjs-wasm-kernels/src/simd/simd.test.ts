import * as fc from "fast-check";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { distanceFromCpu, farthestFromCpu, normal, resultOn } from "../../test/against-cpu.js";
import { type Engine, openBackend } from "../../test/backends.js";
import { type Machine, machineOf } from "./machine.js";

const tolerance = 1e-4;

async function startWasm(): Promise<{ tf: Engine; machine: Machine }> {
  const tf = await openBackend("wasm");
  const machine = machineOf(tf.backend());
  if (machine === undefined) throw new Error("there must be SIMD here");
  return { tf, machine };
}

const extent = (max: number) => fc.integer({ min: 1, max });

describe("SIMD code for the wasm device", () => {
  it("runs here, in the backend's own memory", async () => {
    const { tf, machine } = await startWasm();
    const x = tf.tensor1d([2, 3, 4]);
    const y = tf.zeros([3]);
    machine.copy({ from: machine.address(x) + 4, to: machine.address(y), bytes: 8 });
    expect([...y.dataSync()]).toEqual([3, 4, 0]);
    tf.dispose([x, y]);
  });

  it("convolves with bias and activation, for any number of channels and dilation", async () => {
    const convolution = fc.record({
      batch: extent(3),
      side: fc.integer({ min: 7, max: 12 }),
      channels: extent(9),
      filters: extent(18),
      window: fc.tuple(extent(3), extent(3)),
      dilation: fc.constantFrom<[number, number]>([1, 1], [2, 1], [1, 2], [3, 2]),
      strides: fc.tuple(extent(2), extent(2)),
      pad: fc.constantFrom("same" as const, "valid" as const),
      activation: fc.constantFrom("linear" as const, "relu" as const, "relu6" as const),
      bias: fc.boolean(),
    });
    const distance = await farthestFromCpu(convolution, 60, (of) => (tf) => {
      const strides = of.dilation.some((each) => each > 1) ? 1 : of.strides;
      return tf.fused.conv2d({
        x: normal(tf, [of.batch, of.side, of.side + 1, of.channels], 1) as Tensor4D,
        filter: normal(tf, [...of.window, of.channels, of.filters], 2) as Tensor4D,
        strides,
        dilations: of.dilation,
        pad: of.pad,
        activation: of.activation,
        ...(of.bias && { bias: normal(tf, [of.filters], 3) }),
      });
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("multiplies matrices whose leading axes are broadcast, of any extents", async () => {
    const product = fc.record({
      batches: fc.constantFrom<[number[], number[]]>(
        ...([
          [[2, 1], [3]],
          [[3], [2, 3]],
          [
            [1, 2],
            [4, 1],
          ],
          [[], [5]],
          [[3], []],
        ] as [number[], number[]][]),
      ),
      rows: extent(70),
      inner: extent(70),
      columns: extent(35),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    });
    const distance = await farthestFromCpu(
      product,
      60,
      ({ batches, rows, inner, columns, transposeA, transposeB }) =>
        (tf) => {
          const a = normal(tf, [...batches[0], ...(transposeA ? [inner, rows] : [rows, inner])], 1);
          const b = normal(tf, [...batches[1], ...(transposeB ? [columns, inner] : [inner, columns])], 2);
          if (tf.getBackend() === "wasm") return tf.matMul(a, b, transposeA, transposeB);
          // The cpu device reads past the end where both sides are broadcast.
          const leading = tf.broadcast_util.assertAndGetBroadcastShape(...batches);
          const whole = (x: Tensor): Tensor => tf.broadcastTo(x, [...leading, ...x.shape.slice(-2)]);
          return tf.matMul(whole(a), whole(b), transposeA, transposeB);
        },
    );
    expect(distance).toBeLessThan(tolerance);
  });

  it("multiplies matrices that are worked on in blocks", async () => {
    const distance = await distanceFromCpu((tf) =>
      tf.matMul(normal(tf, [3000, 40], 1), normal(tf, [3000, 13], 2), true),
    );
    const wide = await distanceFromCpu((tf) => tf.matMul(normal(tf, [900, 300], 1), normal(tf, [300, 9], 2)));
    expect(Math.max(distance, wide)).toBeLessThan(tolerance);
  });

  it("pools with gradients for any number of channels", async () => {
    const pooling = fc.record({
      shape: fc.tuple(extent(2), fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 }), extent(13)),
      window: fc.tuple(extent(3), extent(3)),
      strides: fc.tuple(extent(3), extent(3)),
      pad: fc.constantFrom("same" as const, "valid" as const),
    });
    const distance = await farthestFromCpu(pooling, 60, ({ shape, window, strides, pad }) => (tf) => {
      const x = normal(tf, shape, 1);
      return tf.grad((x) => tf.sum(tf.square(tf.maxPool(x as Tensor4D, window, strides, pad))))(x);
    });
    expect(distance).toBeLessThan(tolerance);
  });

  it("lets what is not a number through a relu, so that a run that diverges is seen", async () => {
    const { data } = await resultOn("wasm", (tf) => {
      const x = tf.tensor4d([Number.NaN, 1], [1, 1, 2, 1]);
      return tf.fused.conv2d({ x, filter: tf.ones([1, 1, 1, 1]), strides: 1, pad: 0, activation: "relu" });
    });
    expect([...data]).toEqual([Number.NaN, 1]);
  });

  it("leaves empty tensors and whole numbers to the backend", async () => {
    const { tf } = await startWasm();
    const [empty, sum] = tf.tidy(() => [
      tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])),
      tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), 0),
    ]);
    expect(empty.shape).toEqual([0, 2]);
    expect([...sum.dataSync()]).toEqual([4, 6]);
    tf.dispose([empty, sum]);
  });

  it("shares the numbers of a clone, which outlive the original", async () => {
    const { tf } = await startWasm();
    const before = tf.memory().numDataBuffers;
    const x = tf.tensor1d([1, 2]);
    const copy = tf.clone(x);
    expect(tf.memory().numDataBuffers - before).toBe(1);
    x.dispose();
    expect([...copy.dataSync()]).toEqual([1, 2]);
    copy.dispose();
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it("frees its scratch memory: the heap does not grow with the steps", async () => {
    const { tf } = await startWasm();
    const heap = (): number =>
      (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.byteLength;
    const step = (): void => {
      tf.tidy(() => {
        const x = normal(tf, [4, 20, 20, 5], 1) as Tensor4D;
        const filter = normal(tf, [3, 3, 5, 7], 2) as Tensor4D;
        tf.grads((x: Tensor, filter: Tensor) =>
          tf.sum(tf.maxPool(tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, "same"), 2, 2, "same")),
        )([x, filter]);
        tf.matMul(normal(tf, [200, 101], 3), normal(tf, [101, 303], 4));
      });
    };
    for (let i = 0; i < 5; i++) step();
    const before = heap();
    for (let i = 0; i < 200; i++) step();
    expect(heap()).toBe(before);
  });
});
