import { type Batch, ndarray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { inputOf } from "./columns.js";

const batch: Batch = {
  data: {
    path: ["a", "b"],
    w: ndarray(Float32Array.of(1, 2)),
    x: ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]),
    label: ndarray(Int32Array.of(0, 1)),
  },
  indices: [0, 1],
  epoch: 0,
  step: 0,
  release: () => {},
};

describe("the input of a batch", () => {
  it("is the first array that is neither the target nor how much a sample counts", () => {
    expect(inputOf(batch, {}).name).toBe("w");
    expect(inputOf(batch, { sampleWeight: "w" }).name).toBe("x");
    expect(inputOf(batch, { sampleWeight: "w", target: "x" }).name).toBe("label");
    expect(inputOf(batch, { input: "w", sampleWeight: "w" }).name).toBe("w");
  });
});
