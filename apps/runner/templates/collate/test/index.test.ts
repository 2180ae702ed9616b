import { testCollate } from "@millrace/core/testing";
import myCollate from "../src/index.js";

testCollate({
  plugin: myCollate,
  options: { length: 3 },
  samples: () => [
    { features: Float32Array.of(1, 2), label: 0 },
    { features: Float32Array.of(3, 4, 5, 6), label: 1 },
    { features: Float32Array.of(), label: 1 },
  ],
  invalidOptions: [{ name: "no length", options: { length: 0 } }],
});
