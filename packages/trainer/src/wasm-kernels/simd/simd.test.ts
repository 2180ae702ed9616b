import * as fc from "fast-check";
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type Computation, distanceFromCpu, normal, resultOn } from "../../../test/against-cpu.js";
import { chooseDevice } from "../../devices/choose.js";
import { loadEngine } from "../../engine.js";
import { type Machine, machineOf } from "./machine.js";

const tolerance = 1e-4;

/** How far the wasm device is from the cpu device at most, over examples that are the same in every run. */
async function farthest<T>(from: fc.Arbitrary<T>, numRuns: number, law: (example: T) => Computation) {
  let largest = 0;
  for (const example of fc.sample(from, { numRuns, seed: 11 })) {
    largest = Math.max(largest, await distanceFromCpu(law(example)));
  }
  return largest;
}

async function startWasm(): Promise<{ tf: Awaited<ReturnType<typeof loadEngine>>; machine: Machine }> {
  const tf = await loadEngine();
  await chooseDevice(tf, "wasm");
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
    const distance = await farthest(convolution, 60, (of) => (tf) => {
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
    const distance = await farthest(
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

  it("sums over all axes but the last", async () => {
    const tensor = fc.record({
      shape: fc.array(extent(9), { minLength: 2, maxLength: 4 }),
      keepDims: fc.boolean(),
    });
    const distance = await farthest(tensor, 40, ({ shape, keepDims }) => (tf) => {
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
      const distance = await farthest(broadcast, 60, ({ shape, axes, ones, first }) => (tf) => {
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
    const distance = await farthest(
      fc.array(extent(9), { minLength: 2, maxLength: 4 }),
      40,
      (shape) => (tf) => {
        const axes = shape.slice(1).map((_, axis) => axis);
        return tf.mean(tf.add(normal(tf, shape, 1), 3), axes);
      },
    );
    expect(distance).toBeLessThan(tolerance);
  });

  it("normalizes a batch, with and without scale and offset, also where the mean is far from 0", async () => {
    const batch = fc.record({ channels: extent(11), scale: fc.boolean(), offset: fc.boolean() });
    const distance = await farthest(batch, 40, ({ channels, scale, offset }) => (tf) => {
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
    const distance = await farthest(
      tiling,
      60,
      ({ shape, reps }) =>
        (tf) =>
          tf.tile(normal(tf, shape, 1), reps),
    );
    expect(distance).toBe(0);
  });

  it("pools with gradients for any number of channels", async () => {
    const pooling = fc.record({
      shape: fc.tuple(extent(2), fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 }), extent(13)),
      window: fc.tuple(extent(3), extent(3)),
      strides: fc.tuple(extent(3), extent(3)),
      pad: fc.constantFrom("same" as const, "valid" as const),
    });
    const distance = await farthest(pooling, 60, ({ shape, window, strides, pad }) => (tf) => {
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
