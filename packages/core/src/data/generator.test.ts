import { describe, expect, it } from "vitest";
import { Generator, randperm } from "./generator.js";

describe("torch's generator", () => {
  it.each([
    [0, "4175390862"],
    [42, "2618450937"],
    [1, "5612089374"],
  ])("permutes ten as torch.randperm does at seed %i", (seed, expected) => {
    expect([...randperm(10, new Generator(seed))].join("")).toBe(expected);
  });

  it("permutes a hundred thousand as torch does at seed 5", () => {
    const permutation = randperm(100_000, new Generator(5));
    expect([...permutation.subarray(0, 5)]).toEqual([53411, 99184, 41565, 33006, 87522]);
    expect(new Set(permutation).size).toBe(100_000);
  });

  it("draws the DataLoader's base seed as torch does", () => {
    expect(BigInt.asUintN(63, new Generator(42).random64())).toBe(6909045637428952499n);
  });

  it("draws a double from the low 53 bits of a 64-bit draw", () => {
    const bits = new Generator(7).random64() & ((1n << 53n) - 1n);
    expect(new Generator(7).uniform()).toBe(Number(bits) / 2 ** 53);
  });

  it("starts over when seeded again", () => {
    const generator = new Generator(9);
    const first = [generator.random32(), generator.random32()];
    generator.manualSeed(9);
    expect([generator.random32(), generator.random32()]).toEqual(first);
  });

  it("permutes nothing and one without drawing", () => {
    expect([...randperm(0, new Generator(1))]).toEqual([]);
    expect([...randperm(1, new Generator(1))]).toEqual([0]);
  });
});
