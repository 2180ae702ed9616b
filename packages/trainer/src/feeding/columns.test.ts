import { type Batch, ndarray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { columnsOf, inputsOf } from "./columns.js";

const batch: Batch = {
  data: {
    path: ["a", "b"],
    w: ndarray(Float32Array.of(1, 2)),
    x: ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]),
    label: ndarray(Int32Array.of(0, 1)),
    three: ndarray(Float32Array.of(1, 2, 3)),
  },
  indices: [0, 1],
  epoch: 0,
  step: 0,
  release: () => {},
};

const namesOf = (names: Parameters<typeof inputsOf>[1]) => inputsOf(batch, names).map(({ name }) => name);

describe("the input of a batch", () => {
  it("is the first array that is neither the target nor how much a sample counts", () => {
    expect(namesOf({})).toEqual(["w"]);
    expect(namesOf({ sampleWeight: "w" })).toEqual(["x"]);
    expect(namesOf({ sampleWeight: "w", target: "x" })).toEqual(["label"]);
    expect(namesOf({ input: "w", sampleWeight: "w" })).toEqual(["w"]);
  });

  it("is each that a list names, in the order of the list", () => {
    expect(namesOf({ input: ["x", "w"] })).toEqual(["x", "w"]);
    expect(columnsOf(batch, { input: ["x", "w"] })).toMatchObject({ samples: 2, inputs: { length: 2 } });
  });

  it("is refused at its place in the list, with the closest field there is", () => {
    expect(() => namesOf({ input: ["x", "pathh"] })).toThrow(
      expect.objectContaining({
        message:
          'the input "pathh" must be in the batch, which has "path", "w", "x", "label", "three" (did you mean "path"?)',
        path: ["trainer", "with", "input", 1],
      }),
    );
    expect(() => namesOf({ input: ["path", "x"] })).toThrow(
      expect.objectContaining({
        message: '"path" must be an array of numbers in the batch, was a list',
        path: ["trainer", "with", "input", 0],
      }),
    );
  });

  it("must have as many samples as every other, and as the target", () => {
    expect(() => namesOf({ input: ["x", "three"] })).toThrow(
      '"x" and "three" must have equally many samples, at least one; their shapes were [2, 2] and [3]',
    );
    expect(() => columnsOf(batch, { input: ["x", "w"], target: "three" })).toThrow(
      '"x", "w" and "three" must have equally many samples, at least one; their shapes were [2, 2], [2] and [3]',
    );
  });
});
