// A whole source plugin: random access over a file with one JSON object per line.
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  classLabels,
  defineSource,
  fileFault,
  fingerprintFiles,
  pathOption,
} from "@millrace/core";
import { z } from "zod";

export default defineSource({
  name: "flower-lines",
  summary: "one sample per line of a JSON Lines file",
  options: z.strictObject({
    path: pathOption("file to read, relative to the spec"),
    labels: z
      .array(z.string())
      .min(2)
      .describe("class names; a sample's label is an index into them, in their order"),
  }),
  async create({ path, labels: names }, { baseUrl, facts, shared }) {
    const url = new URL(path, baseUrl);
    const file = await open(url).catch((error) => {
      throw fileFault(error, path, "cannot be read");
    });
    const starts = shared ?? (await lineStarts(file));
    const { labels, indexOf } = classLabels(names, facts?.labels ?? names);
    const key = (index) => `${path}:${index + 1}`;
    return {
      length: starts.length - 1,
      facts: { labels },
      fields: { label: { type: "int32" } },
      key,
      async get(index) {
        checkIndex(index, starts.length - 1);
        const bytes = Buffer.alloc(starts[index + 1] - starts[index]);
        await file.read(bytes, 0, bytes.length, starts[index]);
        const { features, label } = JSON.parse(bytes.toString("utf8"));
        return { features: Float32Array.from(features), label: indexOf(label, () => key(index)) };
      },
      share: () => starts,
      fingerprint: () => fingerprintFiles([fileURLToPath(url)]),
      close: () => file.close(),
    };
  },
});

/** Where each line starts, and where the last one ends. */
async function lineStarts(file) {
  const starts = [0];
  let offset = 0;
  for await (const chunk of file.createReadStream({ autoClose: false, start: 0 })) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) starts.push(offset + at + 1);
    offset += chunk.length;
  }
  if (starts.at(-1) !== offset) starts.push(offset);
  return starts;
}
