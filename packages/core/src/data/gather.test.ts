import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ndarray } from "../contracts/ndarray.js";
import { heapAllocator } from "./collate.js";
import { gather } from "./gather.js";

describe("gathering rows", () => {
  it("gives the very rows that were asked for, of any size and in any order", () => {
    const size = fc.constantFrom(1, 2, 3, 10, 127, 128, 129, 300);
    const rows = fc.array(fc.nat({ max: 19 }), { maxLength: 13 });
    fc.assert(
      fc.property(size, rows, (length, indices) => {
        const array = ndarray(
          Int32Array.from({ length: 20 * length }, (_, i) => i),
          [20, length],
        );
        const batch = gather(array, indices, heapAllocator);
        expect(batch.shape).toEqual([indices.length, length]);
        const expected = indices.flatMap((index) => Array.from({ length }, (_, i) => index * length + i));
        expect([...batch.data]).toEqual(expected);
      }),
    );
  });

  it("gives a batch of nothing of an array without rows", () => {
    expect(gather(ndarray(new Float32Array(0), [0, 4]), [], heapAllocator).shape).toEqual([0, 4]);
  });
});
