import { fromArray } from "@millrace/core";
import { testSampler } from "@millrace/core/testing";
import mySampler from "../src/index.js";

const labels = Int32Array.of(0, 1, 0, 2, 0, 1, 2, 0, 1, 0);

testSampler({
  plugin: mySampler,
  options: {},
  dataset: {
    ...fromArray(Array.from(labels, (label) => ({ label }))),
    length: labels.length,
    column: (name: string) => (name === "label" ? labels : undefined),
  },
  permutation: true,
  random: true,
  invalidOptions: [{ name: "a column that is not there", options: { column: "colour" }, message: /colour/ }],
});
