import { describe, expect, it } from "vitest";
import { shortestFloat32, shortestWithin } from "./shortest.js";

describe("the shortest number that is the same float32", () => {
  it("has the digits that were meant", () => {
    const given = [0.1, -234.5, 1e-7, 3.4e38, 16_777_217, 0, 1 / 3];
    expect(given.map((value) => shortestFloat32(Math.fround(value)))).toEqual([
      0.1, -234.5, 1e-7, 3.4e38, 16_777_216, 0, 0.33333334,
    ]);
  });

  it("is read as the same float32, for any", () => {
    const bits = new Uint32Array(4096).map((_, i) => Math.imul(i + 1, 2_654_435_761));
    const floats = [...new Float32Array(bits.buffer)].filter((value) => !Number.isNaN(value));
    expect(floats.filter((value) => Math.fround(shortestFloat32(value)) !== value)).toEqual([]);
    expect(
      floats.filter(
        (value) =>
          `${shortestFloat32(value)}`
            .replace(/e.*/, "")
            .replace(/\D/g, "")
            .replace(/^0+|0+$/g, "").length > 9,
      ),
    ).toEqual([]);
    expect(shortestFloat32(Number.NaN)).toBeNaN();
  });
});

describe("the shortest number of a resolution", () => {
  it("leaves out what nobody can tell apart, and nothing else", () => {
    expect(shortestWithin(234.164_383_561_643_83, 1e-5)).toBe(234.16438);
    expect(shortestWithin(1_700_000_000_123.4, 100)).toBe(1_700_000_000_100);
    // What float32 would tell apart is finer than a scale alone says.
    expect(shortestWithin(1000.042_312_3, 0.1)).toBe(1000.0423);
    expect(shortestWithin(0, 1e-5)).toBe(0);
  });
});
