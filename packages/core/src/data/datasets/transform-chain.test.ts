import { describe, expect, it } from "vitest";
import type { Transform } from "../../contracts/transform.js";
import { fromArray } from "./array.js";
import { Subset } from "./subset.js";
import type { ChainLink } from "./passage.js";
import { transformChain } from "./transform-chain.js";

const link = (name: string, position: number, apply: Transform<never>, deferred = false): ChainLink => ({
  name,
  position,
  deferred,
  apply: apply as Transform,
});
const source = fromArray([{ x: 1 }, { x: 2 }, { x: 3 }]);
const noise = (position: number) =>
  link("noise", position, (sample: { x: number }, { random }) => ({
    ...sample,
    [`n${position}`]: random.uniform(),
  }));
const epoch0 = { epoch: 0 };

describe("transformChain", () => {
  it("applies the chain in order, each with its sample's index and epoch", async () => {
    const add = link("add", 0, (sample: { x: number }) => ({ x: sample.x + 1 }));
    const tell = link("tell", 1, (sample: { x: number }, { index, epoch }) => ({ ...sample, index, epoch }));
    expect(await transformChain(source, [add, tell], 0).get(1, { epoch: 5 })).toEqual({
      x: 3,
      index: 1,
      epoch: 5,
    });
  });

  it("gives a transform the same numbers wherever and whenever its sample is read", async () => {
    const dataset = transformChain(source, [noise(0), noise(1)], 7);
    const inOrder = await Promise.all([0, 1, 2].map((index) => dataset.get(index, epoch0)));
    const backwards = await Promise.all([2, 1, 0].map((index) => dataset.get(index, epoch0)));
    expect(backwards.reverse()).toEqual(inOrder);
    const seenAsSubset = new Subset(dataset, [2, 0]);
    expect(await seenAsSubset.get(0, epoch0)).toEqual(inOrder[2]);
  });

  it("gives other numbers in another epoch, for another index, position or seed", async () => {
    const draw = async (seed: number, position: number, index: number, epoch: number) => {
      const sample = (await transformChain(source, [noise(position)], seed).get(index, { epoch })) as object;
      return Object.values(sample).at(-1) as number;
    };
    const draws = [
      await draw(1, 0, 0, 0),
      await draw(2, 0, 0, 0),
      await draw(1, 1, 0, 0),
      await draw(1, 0, 1, 0),
      await draw(1, 0, 0, 1),
    ];
    expect(new Set(draws).size).toBe(draws.length);
  });

  it("moves no other transform's numbers when one is left out", async () => {
    const both = (await transformChain(source, [noise(0), noise(1)], 7).get(0, epoch0)) as Record<
      string,
      number
    >;
    const second = (await transformChain(source, [noise(1)], 7).get(0, epoch0)) as Record<string, number>;
    expect(second.n1).toBe(both.n1);
  });

  it("makes deferred fields before a transform that wants plain values, and after the last", async () => {
    const deferredSource = fromArray([{ image: { materialize: () => Promise.resolve("pixels") } }]);
    const seen: unknown[] = [];
    const keep = link(
      "keep",
      0,
      (sample: { image: unknown }) => (seen.push(typeof sample.image), sample),
      true,
    );
    const look = link("look", 1, (sample: { image: unknown }) => (seen.push(sample.image), sample));
    expect(await transformChain(deferredSource, [keep, look], 0).get(0, epoch0)).toEqual({ image: "pixels" });
    expect(seen).toEqual(["object", "pixels"]);
    expect(await transformChain(deferredSource, [keep], 0).get(0, epoch0)).toEqual({ image: "pixels" });
  });

  it("passes many samples at once through the chain where the source can give them", async () => {
    const many = {
      ...source,
      length: 3,
      getMany: (indices: readonly number[]) => indices.map((x) => ({ x })),
    };
    const dataset = transformChain(many, [noise(0)], 7);
    const one = await dataset.get(2, epoch0);
    expect(await dataset.getMany?.([2, 2], epoch0)).toEqual([
      { ...(one as object), x: 2 },
      { ...(one as object), x: 2 },
    ]);
  });

  it("names the one of many samples that failed", async () => {
    const many = {
      ...source,
      length: 3,
      key: (i: number) => `row ${i}`,
      getMany: (all: readonly number[]) => all,
    };
    const bad = link("bad", 0, (sample: number) => {
      if (sample === 1) throw new RangeError("no ones");
      return sample;
    });
    await expect(transformChain(many, [bad], 0).getMany?.([0, 1, 2], epoch0)).rejects.toMatchObject({
      where: ["transform 0 bad", "sample 1 (row 1)"],
    });
  });

  it("names the transform that failed", async () => {
    const bad = link("bad", 3, () => {
      throw new RangeError("no");
    });
    await expect(transformChain(source, [bad], 0).get(0, epoch0)).rejects.toMatchObject({
      code: "SAMPLE_FAILED",
      message: "a transform failed: no",
      where: ["transform 3 bad"],
    });
  });
});
