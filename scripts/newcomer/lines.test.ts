import { fromArray } from "@millrace/core";
import { testBatchSampler, testCollate, testSource, testTransform } from "@millrace/core/testing";
import { drop, lines, pad, pairs } from "./lines.js";

const baseUrl = new URL("../", import.meta.url);
const labels = Int32Array.of(0, 1, 0, 1, 0);
const dataset = {
  ...fromArray([...labels]),
  length: 5,
  column: (name: string) => (name === "label" ? labels : undefined),
};

testSource({
  plugin: lines,
  options: { path: "lines.txt" },
  baseUrl,
  length: 24,
  facts: { labels: ["noun", "verb"] },
  columns: ["label"],
});

testBatchSampler({
  plugin: pairs,
  options: {},
  dataset,
  length: 3,
  permutation: true,
  random: true,
  invalidOptions: [{ name: "an unknown column", options: { column: "colour" }, message: /colour/ }],
});

testCollate({
  plugin: pad,
  options: { length: 3 },
  samples: () => [
    { tokens: Int32Array.of(1, 2), label: 0 },
    { tokens: Int32Array.of(3, 4, 5, 6), label: 1 },
  ],
  invalidOptions: [{ name: "no length", options: { length: 0 } }],
});

testTransform({
  plugin: drop,
  random: true,
  options: { probability: 0.5 },
  sample: () => ({ tokens: Int32Array.of(1, 2, 3), label: 0 }),
});
