import { describe, expect, it } from "vitest";
import { Generator } from "../generator.js";
import { SubsetRandomSampler } from "./subset-random.js";

describe("SubsetRandomSampler", () => {
  it("orders its indices like torch, pass after pass of one generator", () => {
    const sampler = new SubsetRandomSampler([10, 20, 30, 40, 50], { generator: new Generator(42) });
    expect([...sampler.indices(0)]).toEqual([30, 50, 40, 10, 20]);
    expect([...sampler.indices(0)]).toEqual([20, 50, 40, 30, 10]);
  });

  it("gives epoch e what torch gives with a generator at seed + e", () => {
    const sampler = new SubsetRandomSampler(Int32Array.of(10, 20, 30, 40, 50), { seed: 40 });
    expect([...sampler.indices(2)]).toEqual([30, 50, 40, 10, 20]);
  });

  it("follows an array that grows", () => {
    const indices = [3];
    const sampler = new SubsetRandomSampler(indices);
    indices.push(4);
    expect([sampler.length, ...[...sampler.indices(0)].sort((a, b) => a - b)]).toEqual([2, 3, 4]);
  });

  it.each([[undefined], [7], ["abc"], [new Set([1])]])("refuses %s in place of an array", (indices) => {
    expect(() => new SubsetRandomSampler(indices as unknown as number[])).toThrow(
      expect.objectContaining({
        code: "OPTION_INVALID",
        message: expect.stringContaining("indices must be an array"),
      }),
    );
  });
});
