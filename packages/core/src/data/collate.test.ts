import { describe, expect, it } from "vitest";
import { ndarray, zeros } from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";
import { defaultCollate } from "./collate.js";

const fault = (samples: unknown[]): MillraceError => {
  try {
    defaultCollate(samples);
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("collation did not fail");
};

describe("defaultCollate", () => {
  it("makes whole numbers int32 and others float32, whichever comes first", () => {
    expect(defaultCollate([1, 2])).toEqual(ndarray(Int32Array.of(1, 2)));
    expect(defaultCollate([1, 2.5])).toEqual(ndarray(Float32Array.of(1, 2.5)));
    expect(defaultCollate([2.5, 1])).toEqual(ndarray(Float32Array.of(2.5, 1)));
    expect(defaultCollate([Number.NaN, 1])).toEqual(ndarray(Float32Array.of(Number.NaN, 1)));
  });

  it("makes booleans bool and leaves strings a list", () => {
    expect(defaultCollate([true, false])).toEqual({ dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) });
    expect(defaultCollate(["a", "b"])).toEqual(["a", "b"]);
  });

  it("stacks arrays along a new first axis and keeps their element type", () => {
    const image = (value: number) => ndarray(new Uint8Array(6).fill(value), [2, 3]);
    expect(defaultCollate([image(1), image(2)])).toEqual({
      dtype: "uint8",
      shape: [2, 2, 3],
      data: Uint8Array.of(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2),
    });
    expect(defaultCollate([Float32Array.of(1, 2), Float32Array.of(3, 4)])).toEqual(
      ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]),
    );
    expect(defaultCollate([Buffer.from([7]), Buffer.from([8])])).toEqual(
      ndarray(Uint8Array.of(7, 8), [2, 1]),
    );
    expect(defaultCollate([zeros("float64", []), zeros("float64", [])])).toEqual(zeros("float64", [2]));
  });

  it("walks nested objects and lists", () => {
    expect(
      defaultCollate([
        [{ x: 1, name: "a" }, [true]],
        [{ x: 2, name: "b" }, [false]],
      ]),
    ).toEqual([
      { x: ndarray(Int32Array.of(1, 2)), name: ["a", "b"] },
      [{ dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) }],
    ]);
  });

  it("takes the first sample's keys, as torch does", () => {
    expect(defaultCollate([{ a: 1 }, { a: 2, b: 3 }])).toEqual({ a: ndarray(Int32Array.of(1, 2)) });
    expect(fault([{ a: 1, b: 2 }, { a: 1 }])).toMatchObject({
      code: "COLLATE_MISMATCH",
      message: 'every sample needs the keys of the first, but entry 1 lacks "b"',
    });
  });

  it("names the field and both shapes of arrays that differ", () => {
    const samples = [{ x: { y: Float32Array.of(1, 2) } }, { x: { y: Float32Array.of(1, 2, 3) } }];
    expect(fault(samples)).toMatchObject({
      code: "COLLATE_MISMATCH",
      message:
        'stacking needs every "x.y" to be of equal type and size, but got float32 [2] at entry 0 and float32 [3] at entry 1',
    });
  });

  it.each([
    [[null], "null"],
    [[undefined], "undefined"],
    [[new Map()], "an instance of Map"],
    [[3n], "a bigint"],
    [[() => 1], "a function"],
  ])("refuses %o by its kind", (samples, kind) => {
    expect(fault(samples)).toMatchObject({ code: "COLLATE_TYPE" });
    expect(fault(samples).message).toContain(`the sample is ${kind}`);
  });

  it("refuses kinds that change within a batch", () => {
    expect(fault([{ a: 1 }, { a: "x" }]).message).toBe(
      '"a" is a number in the first sample of the batch, but a string in entry 1',
    );
    expect(fault([[1], [1, 2]]).message).toContain("got a list of 1 at entry 0 and a list of 2 at entry 1");
  });

  it("refuses whole numbers beyond int32 rather than lose digits", () => {
    expect(fault([1, 2 ** 31])).toMatchObject({ code: "COLLATE_OVERFLOW" });
    expect(defaultCollate([2 ** 31 - 1, -(2 ** 31)])).toEqual(
      ndarray(Int32Array.of(2 ** 31 - 1, -(2 ** 31))),
    );
  });

  it("refuses an empty batch", () => {
    expect(fault([])).toMatchObject({ code: "COLLATE_EMPTY" });
  });
});
