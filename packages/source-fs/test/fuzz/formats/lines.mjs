/** JSON Lines, JSON and lines of text, plain and gzipped. */
import { gzipSync } from "node:zlib";

const records = Array.from({ length: 30 }, (_, i) => ({
  id: i,
  text: `line ${i} "quoted" \\ \u00e9 ${"x".repeat(i)}`,
  score: i / 3,
  tags: [i, i + 1],
  deep: { kind: i % 2 ? "a" : "b", list: [{ value: i }] },
  gone: i % 5 === 0 ? null : i,
}));
const columns = {
  text: "text",
  score: "float32",
  tags: "float32[2]",
  label: { type: "class", from: "deep.kind" },
  value: { type: "int32", from: "deep.list.0.value" },
  gone: "float32?",
};
const lines = Buffer.from(records.map((each) => JSON.stringify(each)).join("\n"));
const most = (bytes) => 2 ** 25 + 1100 * bytes;

export const jsonLines = {
  name: "json-lines",
  source: "json-lines",
  most,
  seeds: () => [
    { files: { "a.jsonl": lines }, options: { path: "a.jsonl", columns } },
    { files: { "a.jsonl": lines }, options: { path: "a.jsonl", columns: { id: "text", score: "float64" } } },
    {
      files: { "a.jsonl.gz": lines },
      packed: { "a.jsonl.gz": gzipSync },
      options: { path: "a.jsonl.gz", columns },
    },
  ],
};

export const json = {
  name: "json",
  source: "json",
  most,
  seeds: () => [
    {
      files: { "a.json": Buffer.from(JSON.stringify(records, null, 2)) },
      options: { path: "a.json", columns },
    },
    {
      files: { "a.json": Buffer.from(JSON.stringify({ about: "x", data: { items: records } })) },
      options: { path: "a.json", at: "data.items", columns },
    },
    {
      files: { "a.json.gz": Buffer.from(JSON.stringify(records)) },
      packed: { "a.json.gz": gzipSync },
      options: { path: "a.json.gz", columns },
    },
  ],
};

export const textLines = {
  name: "text-lines",
  source: "text-lines",
  most,
  seeds: () => [
    { files: { "a.txt": Buffer.from("one\ntwo\r\n\r\nthree é\n\nlast") }, options: { path: "a.txt" } },
    { files: { "a.txt": lines }, options: { path: "a.txt", window: 4, stride: 2, skipBlank: true } },
    {
      files: { "a.txt.gz": lines },
      packed: { "a.txt.gz": gzipSync },
      options: { path: "a.txt.gz", window: 2 },
    },
  ],
};
