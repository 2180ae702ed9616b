import { testTransform } from "@millrace/core/testing";
import myTransform from "../src/index.js";

testTransform({
  plugin: myTransform,
  options: { deviation: 0.5 },
  sample: () => ({ features: Float32Array.of(1, 2, 3), label: 0 }),
  random: true,
  wrongSamples: {
    "a sample without the field": { label: 0 },
    "a field that is a text": { features: "1 2 3" },
  },
  invalidOptions: [{ name: "a deviation below 0", options: { deviation: -1 } }],
});
