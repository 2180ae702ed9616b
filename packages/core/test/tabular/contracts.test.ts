/** The laws of transforms, held against the tabular ones. */
import builtin from "@millrace/core/builtin";
import { testTransform } from "@millrace/core/testing";
import type { FieldTypes } from "../../src/contracts/dataset.js";
import type { Plugin } from "../../src/plugin/plugin.js";

const fields: FieldTypes = {
  price: { type: "float32" },
  colour: { type: "text" },
  when: { type: "date" },
  vector: { type: "float32", shape: [2] },
};

const row = (price: number, colour: string, when: number, ...vector: number[]) => ({
  price: Math.fround(price),
  colour,
  when,
  vector: Float32Array.from(vector),
});
const sample = () => row(1.5, "red", 1e9, 1, 2);
const training = () => [
  row(-0.1, "green", 0, 3, Number.NaN),
  row(7, "red", 5e8, -1, 5),
  row(2, "blue", 1, 1, 1),
];

const named = (use: string): Plugin<"transform"> =>
  builtin.find((each) => each.kind === "transform" && each.name === use) as Plugin<"transform">;

const noPrice = { colour: "red", when: 1, vector: Float32Array.of(1, 2) };
const text = { ...sample(), price: "dear" };

const suites = [
  {
    use: "select",
    options: { keep: ["price", "vector"] },
    invalidOptions: [
      { name: "neither keep nor drop", options: {}, message: /either keep or drop/ },
      { name: "both", options: { keep: "a", drop: "b" }, message: /either keep or drop/ },
      { name: "a field named twice", options: { keep: ["a", "a"] }, message: /name each field once/ },
    ],
    wrongSamples: { "a sample without the field": noPrice, "what has no fields": [1, 2] },
  },
  {
    use: "rename",
    options: { fields: { price: "cost" } },
    invalidOptions: [
      { name: "no names", options: { fields: {} }, message: /at least one/ },
      {
        name: "one name for two fields",
        options: { fields: { a: "c", b: "c" } },
        message: /a name of its own/,
      },
    ],
    wrongSamples: { "a sample without the field": noPrice, "a name that is taken": { ...sample(), cost: 1 } },
  },
  {
    use: "cast",
    options: { fields: ["price", "vector"], to: "float64" },
    invalidOptions: [
      {
        name: "a format of what is no date",
        options: { fields: "a", to: "text", format: "%Y" },
        message: /for dates/,
      },
      {
        name: "missing flags",
        options: { fields: "a", to: "bool", invalid: "missing" },
        message: /can be missing/,
      },
      { name: "an unknown directive", options: { fields: "a", to: "date", format: "%Q" }, message: /%Q/ },
    ],
    wrongSamples: { "a text that is no number": text, "a list": { ...sample(), price: [1] } },
  },
  {
    use: "map-values",
    options: { fields: "colour", values: { red: 1, green: 2, blue: 3 } },
    invalidOptions: [
      { name: "an empty table", options: { fields: "a", values: {} }, message: /at least one value/ },
      {
        name: "texts among numbers",
        options: { fields: "a", values: { a: 1, b: "c" } },
        message: /all texts/,
      },
    ],
    wrongSamples: { "a value that the table lacks": { ...sample(), colour: "violet" } },
  },
  {
    use: "clip",
    options: { fields: ["price", "vector"], max: 1.25 },
    invalidOptions: [
      { name: "no limit", options: { fields: "a" }, message: /min, max or both/ },
      { name: "limits that cross", options: { fields: "a", min: 2, max: 1 }, message: /below min/ },
    ],
    wrongSamples: { "a text": text },
  },
  {
    use: "hash-bucket",
    options: { fields: ["colour", "price"], buckets: 10 },
    invalidOptions: [{ name: "one bucket", options: { fields: "a", buckets: 1 } }],
    wrongSamples: {
      "a missing value": { ...sample(), colour: null },
      "an object": { ...sample(), colour: {} },
    },
  },
  {
    use: "date-parts",
    options: { fields: "when", parts: ["year", "days"], cyclic: ["month"] },
    invalidOptions: [
      { name: "no parts", options: { fields: "a" }, message: /parts, cyclic or both/ },
      {
        name: "one name for two fields",
        options: { fields: ["a", "b"], parts: "year", as: "c" },
        message: /single field/,
      },
    ],
    wrongSamples: {
      "a text that is no date": { ...sample(), when: "soon" },
      "a time that no calendar reaches": { ...sample(), when: 1e13 },
      "a flag": { ...sample(), when: true },
    },
  },
  {
    use: "concat",
    options: { fields: ["price", "when"] },
    invalidOptions: [{ name: "no fields", options: { fields: [] } }],
    wrongSamples: {
      "a text": text,
      "a missing value": { ...sample(), price: null },
      "a number beyond float32": { ...sample(), price: 1e39 },
    },
  },
  {
    use: "label-index",
    options: { fields: "colour" },
    invalidOptions: [
      {
        name: "labels of two fields",
        options: { fields: ["a", "b"], labels: true },
        message: /single field/,
      },
      { name: "a class named twice", options: { classes: ["a", "a"] }, message: /each class once/ },
    ],
    wrongSamples: {
      "a class that no sample had": { ...sample(), colour: "violet" },
      "no class": { ...sample(), colour: null },
    },
  },
  {
    use: "one-hot",
    options: { fields: "colour" },
    invalidOptions: [
      { name: "a category named twice", options: { fields: "a", categories: [1, "1"] }, message: /once/ },
    ],
    wrongSamples: { "a category that no sample had": { ...sample(), colour: "violet" } },
  },
  {
    use: "standardize",
    options: { fields: ["price", "vector"] },
    wrongSamples: {
      "a text": text,
      "no finite number": { ...sample(), price: Number.POSITIVE_INFINITY },
      "another number of elements": { ...sample(), vector: Float32Array.of(1, 2, 3) },
    },
  },
  {
    use: "min-max",
    options: { fields: ["price", "vector"], range: [-1, 1] },
    invalidOptions: [
      { name: "a range of nothing", options: { fields: "a", range: [1, 1] }, message: /low below high/ },
    ],
    wrongSamples: { "a text": text },
  },
  {
    use: "fill-missing",
    options: { fields: ["price", "vector"], strategy: "median", indicator: true },
    invalidOptions: [
      {
        name: "a constant without value",
        options: { fields: "a", strategy: "constant" },
        message: /for the strategy/,
      },
      { name: "a value that nothing wants", options: { fields: "a", value: 1 }, message: /for no other/ },
      {
        name: "a date that is none",
        options: { fields: "when", strategy: "constant", value: "soon" },
        message: /must be a date/,
      },
    ],
    wrongSamples: { "a text": text },
  },
] as const;

for (const { use, ...suite } of suites) {
  testTransform({ plugin: named(use), sample, training, fields, ...suite });
}
