import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayConstructors, type DType, sizeOf } from "../../contracts/ndarray.js";
import { Heap } from "./heap.js";

const dtypes = Object.keys(arrayConstructors) as DType[];

describe("memory of this thread", () => {
  it("is filled again once it was released, by batches of about the size", () => {
    const heap = new Heap();
    const first = heap.lease();
    const { buffer } = first.allocate("float32", [100, 10]).data;
    expect(heap.lease().allocate("float32", [100, 10]).data.buffer).not.toBe(buffer);
    first.release();
    expect(heap.lease().allocate("uint8", [3900]).data.buffer).toBe(buffer);
    expect(heap.lease().allocate("uint8", [3900]).data.buffer).not.toBe(buffer);
  });

  it("is not lent twice when it is released twice", () => {
    const heap = new Heap();
    const lease = heap.lease();
    lease.allocate("uint8", [5000]);
    lease.release();
    lease.release();
    const [a, b] = [heap.lease(), heap.lease()].map((each) => each.allocate("uint8", [5000]).data.buffer);
    expect(a).not.toBe(b);
  });

  it("does not give a small batch the memory of a large one", () => {
    const heap = new Heap();
    const large = heap.lease();
    large.allocate("uint8", [1_000_000]);
    large.release();
    expect(heap.lease().allocate("uint8", [2000]).data.buffer.byteLength).toBeLessThan(3000);
  });

  it("never lends one piece of memory to two batches, and has room for every shape", () => {
    const shape = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 3 });
    const turn = fc.record({ dtype: fc.constantFrom(...dtypes), shape, keeps: fc.boolean() });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 100 }), (turns) => {
        const heap = new Heap();
        const held = new Set<unknown>();
        for (const { dtype, shape, keeps } of turns) {
          const lease = heap.lease();
          const { data } = lease.allocate(dtype, shape);
          expect(data).toHaveLength(sizeOf(shape));
          expect(held.has(data.buffer)).toBe(false);
          if (keeps) held.add(data.buffer);
          else lease.release();
        }
      }),
    );
  });
});
