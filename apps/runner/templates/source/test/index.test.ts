import { testSource } from "@millrace/core/testing";
import mySource from "../src/index.js";

testSource({
  plugin: mySource,
  options: { path: "example/samples.txt" },
  baseUrl: new URL("../", import.meta.url),
  length: 60,
  facts: { labels: ["cloudy", "rainy", "sunny"] },
  columns: ["label"],
  invalidOptions: [{ name: "a path that is empty", options: { path: "" } }],
});
