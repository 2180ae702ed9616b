import { fromArray } from "@millrace/core";
import { testBatchSampler } from "@millrace/core/testing";
import myBatchSampler from "../src/index.js";

const labels = Int32Array.of(0, 1, 0, 2, 0, 1, 2, 0, 1, 0);

testBatchSampler({
  plugin: myBatchSampler,
  options: { batchSize: 2 },
  dataset: {
    ...fromArray(Array.from(labels, (label) => ({ label }))),
    length: labels.length,
    column: (name: string) => (name === "label" ? labels : undefined),
  },
  length: 6,
  permutation: true,
  random: true,
  invalidOptions: [{ name: "a column that is not there", options: { column: "colour" }, message: /colour/ }],
});
