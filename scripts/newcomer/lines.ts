/** A source, a batch sampler and a collate function in one file, as someone writes them who has the packages only. */
import { readFile } from "node:fs/promises";
import {
  checkIndex,
  classLabels,
  type Dataset,
  defineBatchSampler,
  defineCollate,
  defineSource,
  defineTransform,
  MillraceError,
  RandomSampler,
} from "@millrace/core";
import { z } from "zod";

export interface Line {
  readonly tokens: Int32Array;
  readonly label: number;
}

/** Lines such as `noun 3 1 4`: a class, and numbers. */
export const lines = defineSource({
  name: "lines",
  summary: "a class and its tokens per line of a text file",
  options: z.strictObject({ path: z.string().min(1).describe("file to read, relative to the spec") }),
  async create({ path }, { baseUrl, facts, shared }): Promise<Dataset<Line>> {
    const text = (shared as string | undefined) ?? (await readFile(new URL(path, baseUrl), "utf8"));
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" "));
    const classes = classLabels(
      rows.map(([name = ""]) => name),
      facts?.labels,
    );
    const labels = Int32Array.from(rows, ([name = ""], index) =>
      classes.indexOf(name, () => `${path}:${index + 1}`),
    );
    return {
      length: rows.length,
      facts: { labels: classes.labels },
      fields: { label: { type: "int32" } },
      key: (index) => `${path}:${index + 1}`,
      get(index) {
        const [, ...tokens] = rows[checkIndex(index, rows.length)] ?? [];
        return { tokens: Int32Array.from(tokens, Number), label: labels[index] ?? 0 };
      },
      column: (name) => (name === "label" ? labels : undefined),
      share: () => text,
    };
  },
});

export const pairs = defineBatchSampler({
  name: "pairs",
  summary: "two samples of one class at a time",
  options: z.strictObject({ column: z.string().default("label").describe("column of classes") }),
  async create({ column }, { dataset, seed }) {
    const classes = await dataset.column?.(column);
    if (classes === undefined) throw new MillraceError("COLUMN_UNKNOWN", `there is no column ${column}`);
    const order = new RandomSampler(dataset, { seed });
    const batches = (epoch: number) => {
      const waiting = new Map<number | string, number>();
      const made: number[][] = [];
      for (const index of order.indices(epoch)) {
        const own = classes[index] ?? 0;
        const other = waiting.get(own);
        if (other === undefined) waiting.set(own, index);
        else {
          waiting.delete(own);
          made.push([other, index]);
        }
      }
      return [...made, ...[...waiting.values()].map((index) => [index])];
    };
    return { length: batches(0).length, batchSize: 2, indices: batches };
  },
});

export const pad = defineCollate({
  name: "pad",
  summary: "cuts or pads tokens to one length",
  options: z.strictObject({ length: z.int().positive().describe("tokens per sample") }),
  create:
    ({ length }) =>
    (samples: readonly Line[], { allocate }) => {
      if (samples.length === 0) throw new MillraceError("COLLATE_EMPTY", "pad was given no samples");
      const tokens = allocate("int32", [samples.length, length]);
      const label = allocate("int32", [samples.length]);
      tokens.data.fill(0);
      samples.forEach((sample, row) => {
        tokens.data.set(sample.tokens.subarray(0, length), row * length);
        label.data[row] = sample.label;
      });
      return { tokens, label };
    },
});

export const drop = defineTransform({
  name: "drop",
  summary: "makes tokens 0 at random",
  random: true,
  options: z.strictObject({ probability: z.number().min(0).max(1).default(0.1).describe("share of them") }),
  create:
    ({ probability }) =>
    (sample: Line, { random }) => ({
      ...sample,
      tokens: sample.tokens.map((token) => (random.chance(probability) ? 0 : token)),
    }),
});

export default [lines, pairs, pad, drop];
