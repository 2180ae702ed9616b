/** The source `my-source`: a class and its numbers on each line of a text file, such as `sunny 21.5 0.4`. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  classLabels,
  type Dataset,
  decimal,
  defineSource,
  fileFault,
  fingerprintFiles,
  MillraceError,
  pathOption,
} from "@millrace/core";
import { z } from "zod";

/** One sample. Whatever stands here comes in batches: numbers and arrays of one length are stacked. */
export interface MySourceSample {
  readonly features: Float32Array;
  /** The index of its class. */
  readonly label: number;
}

export default defineSource({
  name: "my-source",
  summary: "a class and its numbers on each line of a text file",
  // What a spec says under `with`, checked and described; its type is derived from it.
  options: z.strictObject({
    path: pathOption("the file to read, relative to the spec; it is held in memory"),
  }),
  async create({ path }, { baseUrl, facts, shared }): Promise<Dataset<MySourceSample>> {
    const url = new URL(path, baseUrl);
    // Workers are given what `share` returned in the main thread, so that all have the same samples.
    const text = (shared as string | undefined) ?? (await readText(url, path));
    const rows = readRows(text, path);
    // The classes of the training data, where this opens data to be measured or predicted.
    const classes = classLabels(
      rows.map(({ name }) => name),
      facts?.labels,
    );
    const key = (index: number) => `${path}:${rows[index]?.line}`;
    const labels = Int32Array.from(rows, ({ name }, index) => classes.indexOf(name, () => key(index)));
    return {
      length: rows.length,
      facts: { labels: classes.labels },
      fields: { label: { type: "int32" } },
      key,
      get(index) {
        const row = rows[checkIndex(index, rows.length)];
        return { features: Float32Array.from(row.numbers), label: labels[index] };
      },
      // What splits and samplers ask for, without reading samples.
      column: (name) => (name === "label" ? labels : undefined),
      share: () => text,
      fingerprint: () => fingerprintFiles([fileURLToPath(url)]),
    };
  },
});

interface Row {
  readonly line: number;
  readonly name: string;
  readonly numbers: readonly number[];
}

async function readText(url: URL, path: string): Promise<string> {
  try {
    return await readFile(url, "utf8");
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
}

/** The part to write anew for a format of your own. */
function readRows(text: string, path: string): Row[] {
  return text.split(/\r?\n/).flatMap((content, i) => {
    const line = i + 1;
    if (content.trim() === "") return [];
    const [name, ...values] = content.trim().split(/\s+/);
    const numbers = values.map(decimal);
    if (numbers.length > 0 && !numbers.some(Number.isNaN)) return [{ line, name, numbers }];
    throw new MillraceError(
      "FILE_FORMAT",
      `a line must be a class and numbers, was ${JSON.stringify(content)}`,
      { where: [`${path}:${line}`], hint: "Write such as: sunny 21.5 0.4" },
    );
  });
}
