import { z } from "zod";
import builtin from "../builtin/index.js";
import { type NdArray, ndarray } from "../contracts/ndarray.js";
import { fromArray } from "../data/datasets/array.js";
import { checkIndex } from "../kit/index-rule.js";
import { classLabels } from "../kit/labels.js";
import { MillraceError } from "../errors.js";
import { defineSource, defineTransform, type Plugin, type PluginKind } from "../plugin/plugin.js";
import { testCollate, testSampler, testSource, testTransform } from "./index.js";

function named<K extends PluginKind>(kind: K, name: string): Plugin<K> {
  const found = (builtin as readonly Plugin[]).find((plugin) => plugin.kind === kind && plugin.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found as Plugin<K>;
}

testSource({
  plugin: named("source", "generated"),
  options: { problem: "blobs", length: 30 },
  length: 30,
  facts: { labels: ["0", "1", "2"] },
  columns: ["label"],
  labels: "indices",
  invalidOptions: [
    { name: "a length of none", options: { problem: "blobs", length: 0 }, message: /length/ },
    { name: "spirals in space", options: { problem: "spirals", length: 3, features: 3 }, message: /plane/ },
  ],
});

for (const length of [31, undefined]) {
  testSource({
    plugin: named("source", "generated"),
    stream: true,
    options: { problem: "spirals", stream: true, length },
    length: length ?? Infinity,
    facts: { labels: ["0", "1", "2"] },
    labels: "indices",
    invalidOptions: [
      { name: "no length where it is no stream", options: { problem: "blobs" }, message: /only a stream/ },
    ],
  });
}

const passengers = [
  {
    name: "Braund",
    age: 22,
    sex: "male",
    embarked: "1912-04-10",
    fare: [7.25, null],
    survived: 0,
    cabin: null,
  },
  { name: "Cumings", age: null, sex: "female", embarked: null, fare: [71.28, 1], survived: 1, cabin: "C85" },
  { name: "Moran", age: "", sex: "NA", embarked: "1912-04-11T12:00", fare: null, survived: "yes", cabin: "" },
];

testSource({
  plugin: named("source", "memory"),
  options: {
    samples: passengers,
    label: "none",
    columns: {
      age: "float32?",
      label: { type: "class", from: "sex", missing: { fill: "unknown" } },
      embarked: "date?",
      fare: "float64[2]?",
      survived: "bool",
      cabin: { type: "class?", labels: ["C85", "E46"] },
      name: "text",
    },
  },
  length: 3,
  facts: { labels: ["female", "male", "unknown"], categories: { cabin: ["C85", "E46"] } },
  invalidOptions: [
    {
      name: "a value that its column does not hold",
      options: { samples: passengers, columns: { name: "float32" } },
      message: /"name" must be a finite float32 number, was "Braund"/,
    },
    {
      name: "images in a spec",
      options: { samples: passengers, columns: { name: "image" } },
      message: /a spec holds no images/,
    },
  ],
});

testSource({
  plugin: defineSource({
    name: "deferred-squares",
    summary: "has every optional method, and a field that is not made yet",
    options: z.strictObject({ count: z.int().describe("how many") }),
    create({ count }, { facts }) {
      const { labels, indexOf } = classLabels(["odd", "even"], facts?.labels);
      const sample = (index: number) => {
        checkIndex(index, count);
        return {
          square: { materialize: () => Promise.resolve(index * index) },
          label: indexOf(["even", "odd"][index % 2]),
        };
      };
      return {
        length: count,
        facts: { labels },
        fields: { square: { type: "int32" }, label: { type: "int32" } },
        get: sample,
        getMany: (indices) => Promise.resolve(indices.map(sample)),
        key: (index) => `number ${index}`,
        column: (name) =>
          name === "label" ? Array.from({ length: count }, (_, i) => sample(i).label) : undefined,
        close: () => {},
      };
    },
  }),
  options: () => Promise.resolve({ count: 5 }),
  length: 5,
});

testSampler({
  plugin: named("sampler", "random"),
  options: {},
  dataset: () => fromArray(Array.from({ length: 20 }, (_, index) => index)),
  length: 20,
  permutation: true,
  random: true,
});

testSampler({
  plugin: named("sampler", "sequential"),
  options: {},
  dataset: fromArray(["a", "b", "c"]),
  length: 3,
  permutation: true,
});

testCollate({
  plugin: named("collate", "default"),
  options: {},
  samples: () => [
    { image: ndarray(Uint8Array.of(1, 2, 3, 4), [2, 2]), label: 0, name: "a", pair: [1, true] },
    { image: ndarray(Uint8Array.of(5, 6, 7, 8), [2, 2]), label: 1, name: "b", pair: [2.5, false] },
  ],
  wrongSamples: {
    "null among numbers": [{ label: 1 }, { label: null }],
    "images of two sizes": [ndarray(new Uint8Array(4), [2, 2]), ndarray(new Uint8Array(6), [2, 3])],
  },
});

const shift = {
  summary: "adds a number to every pixel",
  options: z.strictObject({ by: z.number().describe("what is added") }),
};

for (const random of [false, true]) {
  testTransform({
    plugin: defineTransform({
      ...shift,
      name: random ? "shift-randomly" : "shift",
      random,
      create: ({ by }) => {
        return (sample: { image: NdArray }, context) => {
          if (sample.image === undefined)
            throw new MillraceError("TRANSFORM_INPUT", "a sample needs an image");
          const amount = random ? context.random.between(0, by) : by;
          return {
            ...sample,
            image: { ...sample.image, data: sample.image.data.map((value) => value + amount) },
          };
        };
      },
    }),
    options: { by: 200 },
    sample: () => ({ image: { materialize: () => ndarray(Uint8Array.of(1, 2), [1, 2, 1]) }, label: 3 }),
    random,
    invalidOptions: [{ name: "text for a number", options: { by: "much" }, message: /number/ }],
    wrongSamples: { "a sample without an image": { label: 1 } },
  });
}
