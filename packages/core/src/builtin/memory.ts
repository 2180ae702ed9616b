/** Samples written in the spec itself: small tables, tests, first steps. */
import { z } from "zod";
import type { Dataset } from "../contracts/dataset.js";
import { fromArray } from "../data/datasets/array.js";
import { MillraceError } from "../errors.js";
import { defineSource } from "../plugin/plugin.js";

const value = z.union([z.number(), z.boolean(), z.string(), z.array(z.number())]);

const options = z.strictObject({
  samples: z
    .array(z.record(z.string(), value))
    .min(1)
    .describe(
      "the samples: objects of numbers, booleans, strings and lists of numbers; all of it is held in memory",
    ),
  label: z
    .string()
    .default("label")
    .describe("the field whose strings are class names: they become indices into the sorted names"),
});

export default defineSource({
  name: "memory",
  summary: "samples written in the spec",
  options,
  create({ samples, label }, { facts }) {
    const labels = classNames(samples, label, facts?.labels);
    const index = new Map(labels?.map((name, i) => [name, i]));
    const rows = samples.map((sample, row) => ({
      ...mapValues(sample, (field) => (Array.isArray(field) ? Float32Array.from(field) : field)),
      ...(labels !== undefined && { [label]: labelIndex(index, sample[label], row) }),
    }));
    const dataset: Dataset = {
      ...fromArray(rows),
      length: rows.length,
      column: (name) => columnOf(rows, name),
      facts: labels === undefined ? {} : { labels },
      // The options are all there is.
      fingerprint: () => "written in the spec",
    };
    return dataset;
  },
});

type Sample = z.output<typeof options>["samples"][number];

function classNames(samples: readonly Sample[], label: string, given: readonly string[] | undefined) {
  if (!samples.some((sample) => typeof sample[label] === "string")) return undefined;
  return given ?? [...new Set(samples.map((sample) => String(sample[label])))].sort();
}

function labelIndex(index: ReadonlyMap<string, number>, name: Sample[string], row: number): number {
  const found = index.get(String(name));
  if (found !== undefined) return found;
  throw new MillraceError(
    "LABEL_UNKNOWN",
    `a label must be one of ${[...index.keys()].join(", ")}, but sample ${row} has ${JSON.stringify(name)}`,
    {
      hint: "Give the validation samples the labels of the training samples.",
    },
  );
}

function mapValues(sample: Sample, map: (value: Sample[string]) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sample).map(([key, field]) => [key, map(field)]));
}

function columnOf(rows: readonly Record<string, unknown>[], name: string): (number | string)[] | undefined {
  const values = rows.map((row) => row[name]);
  return values.every((field) => typeof field === "number" || typeof field === "string") ? values : undefined;
}
