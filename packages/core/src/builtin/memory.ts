/** Samples written in the spec itself: small tables, tests, first steps. */
import { z } from "zod";
import type { Dataset } from "../contracts/dataset.js";
import { inferFields, infers } from "../data/field-types.js";
import { fromArray } from "../data/datasets/array.js";
import { classLabels } from "../kit/labels.js";
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
    .describe(
      "the field whose strings are class names: they become indices into the names in order (numeric if all are numbers)",
    ),
});

export default defineSource({
  name: "memory",
  summary: "samples written in the spec",
  options,
  create({ samples, label }, { facts }) {
    // Labels that are all numbers are answers as they stand.
    const named = samples.some((sample) => typeof sample[label] === "string");
    const classes = named
      ? classLabels(
          samples.map((sample) => String(sample[label])),
          facts?.labels,
        )
      : undefined;
    const rows = samples.map((sample, row) => ({
      ...mapValues(sample, (field) => (Array.isArray(field) ? Float32Array.from(field) : field)),
      ...(classes && { [label]: classes.indexOf(String(sample[label]), () => `sample ${row}`) }),
    }));
    const dataset: Dataset = {
      ...fromArray(rows),
      fields: classes === undefined ? {} : { [label]: { type: "int32" } },
      length: rows.length,
      column: (name) => columnOf(rows, name),
      facts: classes === undefined ? {} : { labels: classes.labels },
      // The options are all there is.
      fingerprint: () => "written in the spec",
    };
    return infers(dataset, () => inferFields(rows));
  },
});

type Sample = z.output<typeof options>["samples"][number];

function mapValues(sample: Sample, map: (value: Sample[string]) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sample).map(([key, field]) => [key, map(field)]));
}

function columnOf(rows: readonly Record<string, unknown>[], name: string): (number | string)[] | undefined {
  const values = rows.map((row) => row[name]);
  return values.every((field) => typeof field === "number" || typeof field === "string") ? values : undefined;
}
