import { readFile, rm } from "node:fs/promises";
import { testSource, testTransform } from "@millrace/core/testing";
import { beforeAll } from "vitest";
import { encoded, type Folder, pixels, temporaryFolder } from "../test/support.js";
import csv from "./sources/csv.js";
import decodeImage from "./transforms/decode-image.js";
import grayscale from "./transforms/grayscale.js";
import json from "./sources/json.js";
import jsonLines from "./sources/json-lines.js";
import npy from "./sources/npy.js";
import npz from "./sources/npz.js";
import safetensors from "./sources/safetensors.js";
import wav from "./sources/wav.js";
import randomWindow from "./transforms/random-window.js";
import textLines from "./sources/text-lines.js";
import files from "./sources/files.js";
import idx from "./sources/idx.js";
import imageFolder from "./sources/image-folder.js";
import randomAffine from "./transforms/random-affine.js";
import randomHorizontalFlip from "./transforms/random-horizontal-flip.js";
import resize from "./transforms/resize.js";

let folder: Folder;
let picture: Buffer;
beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.write("table.csv", "a,b,kind\n1,2,rose\n3,4,lily\n5,6,rose\n");
  await folder.write(
    "people.csv",
    `age,ticket,survived,deck,fare,born,alone,key,count
22,A/5 21171,no,,7.25,10.04.1912,yes,AQI=,1
# a comment, "with a quote
,"PC ""17599""",yes,C,,NA,no,,2
35,NA,yes,A,8.05,,1,,-3
`,
  );
  await folder.write("pictures.csv", "file,label\na/1.png,dog\na/2.jpg,cat\nb/1.webp,dog\n");
  await folder.write("people.jsonl", `${people.join("\n")}\n`);
  await folder.write("people.json", `{"rows": [${people.join(", ")}]}`);
  await folder.write(
    "pictures.jsonl",
    '{"file": "a/1.png", "label": "dog"}\n{"file": "a/2.jpg", "label": "cat"}\n',
  );
  for (const [name, sound] of [
    ["a/1.wav", "pcm8-1.wav"],
    ["b/2.wav", "pcm16-1.wav"],
    ["b/3.wav", "pcm24-2.wav"],
  ])
    await folder.write(`voices/${name}`, await readFile(new URL(sound, sounds)));
  await folder.write("lines.txt", "one\ntwo\n\nthree");
  await folder.write(
    "named.jsonl",
    `{"path":"a/1.png","label":"dog","split":"a"}
{"path":"a/2.jpg","label":"cat","split":"b"}
{"path":"gone.png","label":"mouse","split":"c"}
{"path":"b/1.webp","label":"dog","split":"a"}
`,
  );
  picture = await encoded("png", 8, 6);
  await folder.write("images/a/1.png", picture);
  await folder.write("images/a/2.jpg", await encoded("jpeg", 8, 6));
  await folder.write("images/b/1.webp", await encoded("webp", 8, 6));
  await folder.write("images.idx", Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6, 7, 8));
  await folder.write("labels.idx", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 0));
});
const people = [
  '{"age": 22, "ticket": "A/5 21171", "survived": "no", "deck": null, "born": "10.04.1912", "alone": true, "key": "AQI=", "count": 1, "at": {"x": [1, 2]}}',
  '{"age": null, "ticket": "PC \\"17599\\"", "survived": "yes", "deck": "C", "alone": false, "count": 2, "at": {"x": [3, 4]}}',
  '{"age": 35.5, "ticket": null, "survived": "yes", "deck": "A", "born": null, "alone": true, "count": -3, "at": {"x": [5, 6]}}',
];
const baseUrl = () => folder.baseUrl;

testSource({
  plugin: csv,
  options: { path: "table.csv", label: "kind" },
  baseUrl,
  length: 3,
  facts: { labels: ["lily", "rose"] },
  columns: ["label", "kind", "a"],
});
testSource({
  plugin: csv,
  options: {
    path: "people.csv",
    comment: "#",
    columns: {
      age: "float32?",
      ticket: "text?",
      label: { type: "class", from: "survived", labels: ["no", "yes"] },
      deck: "class?",
      size: { type: "float32[2]?", from: ["age", "fare"] },
      born: { type: "date?", format: "%d.%m.%Y" },
      alone: "bool",
      key: "bytes?",
      count: "int32",
    },
  },
  baseUrl,
  length: 3,
  facts: {
    labels: ["no", "yes"],
    categories: { deck: ["A", "C"] },
    elements: { size: ["age", "fare"] },
  },
  columns: ["label", "count"],
  labels: "given",
  change: () => folder.write("people.csv", "age\n1\n"),
});
testSource({
  plugin: csv,
  options: { path: "table.csv", label: "kind", access: "file" },
  baseUrl,
  length: 3,
  facts: { labels: ["lily", "rose"], features: ["a", "b"] },
  columns: ["label", "kind"],
});
testSource({
  plugin: csv,
  options: {
    path: "pictures.csv",
    columns: { image: { type: "image", from: "file" }, label: "class" },
    images: { root: "images", mode: "grayscale" },
  },
  baseUrl,
  length: 3,
  facts: { labels: ["cat", "dog"] },
  columns: ["label"],
  mayStayOpen: ["FSReqPromise"],
});
for (const [plugin, options] of [
  [jsonLines, { path: "people.jsonl" }],
  [json, { path: "people.json", at: "rows" }],
] as const) {
  testSource({
    plugin,
    options: {
      ...options,
      columns: {
        age: "float32?",
        ticket: "text?",
        label: { type: "class", from: "survived", labels: ["no", "yes"] },
        deck: "class?",
        size: { type: "float32[2]?", from: ["age", "count"] },
        x: { type: "int32[2]", from: "at.x" },
        born: { type: "date?", format: "%d.%m.%Y" },
        alone: "bool",
        key: "bytes?",
        count: "int32",
      },
    },
    baseUrl,
    length: 3,
    facts: {
      labels: ["no", "yes"],
      categories: { deck: ["A", "C"] },
      elements: { size: ["age", "count"] },
    },
    columns: ["label", "count"],
    labels: "given",
    change: () => folder.write(options.path, '{"age": 1}'),
  });
}
testSource({
  plugin: jsonLines,
  options: {
    path: "pictures.jsonl",
    columns: { image: { type: "image", from: "file" }, label: "class" },
    images: { root: "images", mode: "grayscale" },
  },
  baseUrl,
  length: 2,
  facts: { labels: ["cat", "dog"] },
  columns: ["label"],
  mayStayOpen: ["FSReqPromise"],
});
const arrays = new URL("../test/fixtures/arrays/", import.meta.url);
testSource({
  plugin: npy,
  options: {
    fields: { x: "rows-big-f4.npy", label: "labels.npy", z: { from: "rows-i1.npy", type: "float64" } },
  },
  baseUrl: arrays,
  length: 5,
  facts: { labels: ["0", "1", "2"] },
  columns: ["label"],
  labels: "indices",
});
for (const path of ["stored.npz", "deflated.npz"]) {
  testSource({
    plugin: npz,
    options: { path, labels: ["a", "b", "c"] },
    baseUrl: arrays,
    length: 5,
    facts: { labels: ["a", "b", "c"] },
    columns: ["label"],
    labels: "indices",
  });
}
testSource({
  plugin: safetensors,
  options: {
    path: "tensors.safetensors",
    fields: { flags: "BOOL", x: "BF16", n: "I64", y: { from: "I32", type: "float64" } },
  },
  baseUrl: arrays,
  length: 3,
  columns: ["n", "y"],
});
const sounds = new URL("../test/fixtures/sounds/", import.meta.url);
for (const options of [
  { path: "pcm*.wav" },
  { path: ["pcm8-2.wav", "pcm16-2.wav"], mono: false, seconds: 0.001, offset: "center" },
]) {
  testSource({
    plugin: wav,
    options,
    baseUrl: sounds,
    facts: { sampleRate: 8000 },
    columns: ["path"],
  });
}
testSource({
  plugin: wav,
  options: { root: "voices", seconds: 0.01 },
  baseUrl,
  length: 3,
  facts: { labels: ["a", "b"], sampleRate: 8000 },
  columns: ["label", "path"],
  change: () => rm(new URL("voices/b", folder.baseUrl), { recursive: true }),
});
testSource({ plugin: textLines, options: { path: "lines.txt" }, baseUrl, length: 4, columns: ["text"] });
testSource({
  plugin: textLines,
  options: { path: "lines.txt", window: 2, stride: 1, skipBlank: true },
  baseUrl,
  length: 2,
  columns: ["text"],
  change: () => folder.write("lines.txt", "other"),
});
testSource({
  plugin: imageFolder,
  options: { root: "images" },
  baseUrl,
  length: 3,
  facts: { labels: ["a", "b"] },
  columns: ["label", "path"],
  // The request whose end started the test counts as open until the event loop turns.
  mayStayOpen: ["FSReqPromise"],
});
for (const [manifest, options] of [
  ["pictures.csv", { columns: { image: { type: "image", from: "file" }, label: "class" } }],
  ["named.jsonl", { where: { split: ["a", "b"] } }],
] as const) {
  testSource({
    plugin: imageFolder,
    options: { manifest, root: "images", ...options },
    baseUrl,
    length: 3,
    facts: { labels: ["cat", "dog"] },
    columns: ["label"],
    mayStayOpen: ["FSReqPromise"],
  });
}
testSource({
  plugin: files,
  options: { root: "images", patterns: "**/*.{png,webp}", label: "folder" },
  baseUrl,
  length: 2,
  facts: { labels: ["a", "b"] },
  columns: ["path", "label"],
  mayStayOpen: ["FSReqPromise"],
});
testSource({
  plugin: files,
  options: { patterns: "*.csv", text: true },
  baseUrl,
  columns: ["path"],
  mayStayOpen: ["FSReqPromise"],
});
testSource({
  plugin: idx,
  options: { images: "images.idx", labels: "labels.idx" },
  baseUrl,
  length: 2,
  columns: ["label"],
  labels: "indices",
});

const wrongSamples = { nothing: {}, text: { image: "text" }, null: null };
const sample = () => ({ image: pixels(9, 7, 3), label: 1 });

testTransform({
  plugin: decodeImage,
  options: { mode: "grayscale" },
  sample: () => ({ bytes: Uint8Array.from(picture), label: 1 }),
  fields: { bytes: { type: "bytes" }, label: { type: "int32" } },
  wrongSamples: {
    ...wrongSamples,
    missing: { bytes: null },
    "what is no image": { bytes: Uint8Array.of(1, 2) },
  },
});
testTransform({ plugin: resize, options: { width: 4, height: 5 }, sample, wrongSamples });
testTransform({ plugin: grayscale, options: {}, sample, wrongSamples });
testTransform({ plugin: randomAffine, options: { degrees: 20 }, sample, wrongSamples, random: true });
testTransform({ plugin: randomHorizontalFlip, options: {}, sample, wrongSamples, random: true });
testTransform({
  plugin: randomWindow,
  options: { length: 3, key: "x" },
  sample: () => ({ x: { dtype: "float32", shape: [8], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) } }),
  wrongSamples: { nothing: {}, text: { x: "text" }, null: null },
  random: true,
});
