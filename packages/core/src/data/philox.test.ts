import { describe, expect, it } from "vitest";
import { hashName, philox, randomAt } from "./philox.js";

const hex = (words: Uint32Array): string =>
  [...words].map((word) => word.toString(16).padStart(8, "0")).join(" ");

describe("philox", () => {
  // The known answers of Random123, the authors' own library (kat_vectors, philox4x32 10).
  it("gives the authors' known answers", () => {
    const out = new Uint32Array(4);
    expect(hex(philox(out, 0, 0, 0, 0, 0, 0))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    expect(hex(philox(out, -1, -1, -1, -1, -1, -1))).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
    expect(hex(philox(out, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0))).toBe(
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    );
  });
});

describe("randomAt", () => {
  it("gives the same numbers at the same address and others at every other", () => {
    const addresses = [
      [1, 0, 0, 0],
      [2, 0, 0, 0],
      [1, 1, 0, 0],
      [1, 0, 1, 0],
      [1, 0, 0, 1],
      [2 ** 32 + 1, 0, 0, 0],
    ] as const;
    const draw = ([seed, epoch, index, stream]: (typeof addresses)[number]) =>
      randomAt(seed, epoch, index, stream).uniform();
    const draws = addresses.map(draw);
    expect(new Set(draws).size).toBe(addresses.length);
    expect(addresses.map(draw)).toEqual(draws);
  });

  it("is uniform: mean, deviation and range of many draws", () => {
    const random = randomAt(3, 0, 0);
    const draws = Array.from({ length: 20_000 }, () => random.uniform());
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  });

  it("has normal draws of mean 0 and deviation 1", () => {
    const random = randomAt(4, 2, 7);
    const draws = Array.from({ length: 20_000 }, () => random.normal());
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it("draws whole numbers below the bound, each about as often", () => {
    const random = randomAt(5, 0, 0);
    const counts = [0, 0, 0];
    for (let i = 0; i < 9_000; i++) counts[random.integer(3)]++;
    for (const count of counts) expect(Math.abs(count - 3_000)).toBeLessThan(250);
    expect(() => random.integer(0)).toThrow(/from 1 to 2\^32, was 0/);
  });
});

describe("hashName", () => {
  it("is FNV-1a", () => {
    expect(hashName("")).toBe(0x811c9dc5);
    expect(hashName("foobar")).toBe(0xbf9cf968);
  });
});
