import { describe, expect, it } from "vitest";
import { SequentialSampler } from "./sequential.js";

describe("SequentialSampler", () => {
  it("yields every index in order, in every epoch", () => {
    const sampler = new SequentialSampler(["a", "b", "c"]);
    expect([...sampler.indices(0)]).toEqual([0, 1, 2]);
    expect([...sampler.indices(7)]).toEqual([0, 1, 2]);
  });

  it("follows a dataset that grows, and has nothing to say about an empty one", () => {
    const samples: number[] = [];
    const sampler = new SequentialSampler(samples);
    expect([sampler.length, ...sampler.indices(0)]).toEqual([0]);
    samples.push(5, 6);
    expect([sampler.length, ...sampler.indices(1)]).toEqual([2, 0, 1]);
  });

  it.each([[undefined], [null], [{}], [{ length: -1 }], [{ length: 1.5 }]])("refuses %j", (dataset) => {
    expect(() => new SequentialSampler(dataset as { length: number })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});
