import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { argsort } from "./argsort.js";

describe("argsort", () => {
  it("orders any numbers as a stable sort does", () => {
    const keys = fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -9, max: 9 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(keys, (values) => {
        const expected = [...values.keys()].sort((a, b) =>
          values[a] === values[b] ? a - b : values[a] < values[b] ? -1 : 1,
        );
        expect([...argsort(Float64Array.from(values))]).toEqual(expected);
      }),
    );
  });

  it("orders the extremes", () => {
    const keys = [0, -0, Infinity, -Infinity, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, 1e-310];
    expect([...argsort(Float64Array.from(keys))]).toEqual([3, 5, 0, 1, 4, 7, 6, 2]);
  });
});
