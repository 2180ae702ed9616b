import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Subset } from "../datasets/subset.js";
import { randomSplit } from "../random-split.js";
import { BlockShuffleSampler, type BlockShuffleSamplerOptions } from "./block-shuffle.js";

describe("BlockShuffleSampler", () => {
  it("reads from no more than bufferBlocks blocks at a time", () => {
    const cases = fc.record({
      n: fc.nat(300),
      blockSize: fc.integer({ min: 1, max: 40 }),
      bufferBlocks: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(cases, ({ n, ...options }) => {
        const order = [...new BlockShuffleSampler({ length: n }, options).indices(1)];
        const blocks = order.map((index) => Math.floor(index / options.blockSize));
        // The first and last read of a block are never further apart than a buffer is long.
        for (const block of new Set(blocks)) {
          const reach = blocks.lastIndexOf(block) - blocks.indexOf(block);
          expect(reach).toBeLessThan(options.blockSize * options.bufferBlocks);
        }
      }),
    );
  });

  it("reads blocks one after the other with a buffer of one", () => {
    const order = [...new BlockShuffleSampler({ length: 20 }, { blockSize: 5, bufferBlocks: 1 }).indices(0)];
    const blocks = order.map((index) => Math.floor(index / 5));
    expect(blocks.filter((block, place) => block !== blocks[place - 1]).length).toBe(4);
    expect(order.slice(0, 5)).not.toEqual(order.slice(0, 5).sort((a, b) => a - b));
  });

  it("mixes blocks of the source that a part comes from, whatever the part's own order", () => {
    const cases = fc.record({
      n: fc.integer({ min: 1, max: 300 }),
      seed: fc.nat(9),
      blockSize: fc.integer({ min: 1, max: 40 }),
      bufferBlocks: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(cases, ({ n, seed, ...options }) => {
        const source = Array.from({ length: n }, (_, i) => i);
        const [outer] = randomSplit(source, [Math.ceil(n / 2), Math.floor(n / 2)], { seed });
        const part = new Subset(
          outer,
          Array.from({ length: outer.length }, (_, i) => outer.length - 1 - i),
        );
        const order = [...new BlockShuffleSampler(part, options).indices(1)];
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: part.length }, (_, i) => i));
        const blocks = order.map((index) => Math.floor(part.origin(index) / options.blockSize));
        for (const block of new Set(blocks)) {
          const reach = blocks.lastIndexOf(block) - blocks.indexOf(block);
          expect(reach).toBeLessThan(options.blockSize * options.bufferBlocks);
        }
      }),
    );
  });

  it("has for a part that is the whole source the order that it has for the source", () => {
    const whole = new Subset(
      Array.from({ length: 50 }, (_, i) => i),
      [...Array(50).keys()],
    );
    const options = { blockSize: 7, bufferBlocks: 3, seed: 2 };
    const order = [...new BlockShuffleSampler(whole, options).indices(4)];
    expect(order).toEqual([...new BlockShuffleSampler({ length: 50 }, options).indices(4)]);
    // As it was before parts had blocks of their own.
    expect(order.slice(0, 8)).toEqual([39, 19, 41, 8, 7, 37, 11, 12]);
  });

  it("follows a dataset that grows", () => {
    const samples = [1, 2, 3];
    const sampler = new BlockShuffleSampler(samples, { blockSize: 2 });
    samples.push(4, 5);
    expect([sampler.length, ...[...sampler.indices(0)].sort((a, b) => a - b)]).toEqual([5, 0, 1, 2, 3, 4]);
  });

  it.each([
    [{ blockSize: 0 }, "blockSize must be a positive whole number, was 0"],
    [{ blockSize: 4, bufferBlocks: 0 }, "bufferBlocks must be a positive whole number, was 0"],
    [{}, "blockSize must be a positive whole number, was undefined"],
  ])("refuses %j", (options, message) => {
    expect(() => new BlockShuffleSampler([1], options as BlockShuffleSamplerOptions)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message }),
    );
  });
});
