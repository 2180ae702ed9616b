import * as fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { distanceFromCpu, farthestFromCpu, normal, resultOn } from "../../test/against-cpu.js";
import type { Engine } from "../../test/backends.js";

const dtypes = ["float32", "int32", "bool"] as const;
type Dtype = (typeof dtypes)[number];

/** Numbers of a type, the same on every device. */
const numbers = (tf: Engine, shape: number[], dtype: Dtype, seed: number): Tensor =>
  tf.cast(tf.round(tf.mul(normal(tf, shape, seed), 5)), dtype);

const extent = (max: number) => fc.integer({ min: 1, max });
const tensor = fc.record({
  shape: fc.array(extent(5), { minLength: 1, maxLength: 4 }),
  axis: fc.nat(),
  dtype: fc.constantFrom(...dtypes),
});

describe("pieces of tensors on the wasm device", () => {
  it("are joined along any axis", async () => {
    const joined = fc.record({
      tensor,
      others: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 }),
    });
    const distance = await farthestFromCpu(
      joined,
      60,
      ({ tensor: { shape, axis, dtype }, others }) =>
        (tf) => {
          const along = axis % shape.length;
          const parts = [shape[along], ...others].map((length, i) =>
            numbers(tf, shape.with(along, length), dtype, i + 1),
          );
          return tf.concat(parts, along - (axis % 2) * shape.length);
        },
    );
    expect(distance).toBe(0);
  });

  it("are split along any axis", async () => {
    const split = fc.record({ tensor, sizes: fc.array(fc.nat({ max: 4 }), { minLength: 2, maxLength: 4 }) });
    const distance = await farthestFromCpu(split, 60, ({ tensor: { shape, axis, dtype }, sizes }) => (tf) => {
      const along = axis % shape.length;
      const length = sizes.reduce((sum, size) => sum + size, 1);
      const x = numbers(tf, shape.with(along, length), dtype, 1);
      return tf.concat(tf.split(x, [1, ...sizes], along).toReversed(), along);
    });
    expect(distance).toBe(0);
  });

  it("are cut out of one axis and of several", async () => {
    const cut = fc.record({
      tensor,
      cuts: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 4, maxLength: 4 }),
    });
    const distance = await farthestFromCpu(cut, 80, ({ tensor: { shape, dtype }, cuts }) => (tf) => {
      const begin = shape.map((length, axis) => (cuts[axis][2] ? cuts[axis][0] % length : 0));
      const size = shape.map((length, axis) =>
        cuts[axis][2] ? 1 + (cuts[axis][1] % (length - begin[axis])) : -1,
      );
      return tf.slice(numbers(tf, shape, dtype, 1), begin, size);
    });
    expect(distance).toBe(0);
  });

  it("are gathered by indices of any shape", async () => {
    const gathered = fc.record({
      shape: fc.array(extent(6), { minLength: 1, maxLength: 3 }),
      indices: fc.array(extent(4), { minLength: 1, maxLength: 2 }),
      dtype: fc.constantFrom("float32" as const, "int32" as const),
      axis: fc.nat(),
    });
    const distance = await farthestFromCpu(gathered, 60, ({ shape, indices, dtype, axis }) => (tf) => {
      const along = axis % shape.length;
      const places = tf.abs(numbers(tf, indices, "int32", 2));
      const rows = tf.mod(places, tf.scalar(shape[along], "int32")) as Tensor<never>;
      return tf.gather(numbers(tf, shape, dtype, 1), rows, along);
    });
    expect(distance).toBe(0);
  });

  it("refuses an index that is out of range", async () => {
    const read = resultOn("wasm", (tf) => tf.gather(normal(tf, [3, 4], 1), tf.tensor1d([0, 3], "int32")));
    await expect(read).rejects.toThrow(/3 is not in \[0, 2\]/);
  });

  it("adds rows of any length to their segments", async () => {
    const segments = fc.record({
      columns: extent(9),
      ids: fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 1 }),
    });
    const distance = await farthestFromCpu(
      segments,
      40,
      ({ columns, ids }) =>
        (tf) =>
          tf.unsortedSegmentSum(normal(tf, [ids.length, columns], 1), tf.tensor1d(ids, "int32"), 5),
    );
    expect(distance).toBeLessThan(1e-5);
  });

  it("keeps every number as it is where one is repeated", async () => {
    const odd = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, -1e-40];
    const { data } = await resultOn("wasm", (tf) => tf.tile(tf.tensor2d(odd, [5, 1]), [1, 3]));
    expect([...data]).toEqual([...Float32Array.from(odd.flatMap((each) => [each, each, each]))]);
  });

  it("is empty where a part is", async () => {
    const distance = await distanceFromCpu((tf) =>
      tf.concat([tf.zeros([2, 0]), normal(tf, [2, 3], 1), tf.zeros([2, 0])], 1),
    );
    expect(distance).toBe(0);
  });
});
