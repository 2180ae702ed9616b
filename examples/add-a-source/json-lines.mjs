// A whole source plugin: random access over a file with one JSON object per line.
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineSource, fingerprintFiles, MillraceError } from "@millrace/core";
import { z } from "zod";

export default defineSource({
  name: "json-lines",
  summary: "one sample per line of a JSON Lines file",
  options: z.strictObject({
    path: z.string().min(1).describe("file to read, relative to the spec"),
    labels: z.array(z.string()).min(2).describe("class names; a sample's label is an index into them"),
  }),
  async create({ path, labels }, { baseUrl }) {
    const url = new URL(path, baseUrl);
    const file = await open(url).catch((cause) => {
      throw new MillraceError("FILE_NOT_FOUND", `there is no file ${path}`, {
        cause,
        hint: "Paths start beside the spec.",
      });
    });
    const starts = await lineStarts(file);
    return {
      length: starts.length - 1,
      facts: { labels },
      key: (index) => `${path}:${index + 1}`,
      async get(index) {
        const bytes = Buffer.alloc(starts[index + 1] - starts[index]);
        await file.read(bytes, 0, bytes.length, starts[index]);
        const { features, label } = JSON.parse(bytes.toString("utf8"));
        return { features: Float32Array.from(features), label: labels.indexOf(label) };
      },
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
