// A whole transform plugin that learns from the training samples: where the bulk of a field's values lies.
import { defineTransform } from "@millrace/core";
import { z } from "zod";

export default defineTransform({
  name: "clip-outliers",
  summary: "limit numbers to where all but a few of the training samples' lie",
  options: z.strictObject({
    field: z.string().min(1).default("features").describe("field of numbers, one or several"),
    share: z.number().min(0).max(0.49).default(0.05).describe("share of the values beyond each limit"),
  }),
  // Called anew for each block of samples, in every thread that takes part; the parts are merged in a fixed tree.
  fit({ field, share }) {
    const columns = [];
    return {
      add(sample) {
        numbers(sample[field]).forEach((value, i) => {
          columns[i] ??= [];
          if (!Number.isNaN(value)) columns[i].push(value);
        });
      },
      partial: () => ({ columns }),
      merge(other) {
        other.columns.forEach((values, i) => {
          columns[i] = [...(columns[i] ?? []), ...values];
        });
      },
      // JSON and typed arrays: kept with the run, for evaluate, predict, resume and export.
      state: () => ({
        lower: Float64Array.from(columns, (values) => quantile(values, share)),
        upper: Float64Array.from(columns, (values) => quantile(values, 1 - share)),
      }),
    };
  },
  touches: ({ field }) => ({ reads: [field], writes: [field] }),
  create:
    ({ field }, { fitted: { lower, upper } }) =>
    (sample) => {
      const limited = numbers(sample[field]).map((value, i) => Math.min(upper[i], Math.max(lower[i], value)));
      return { ...sample, [field]: typeof sample[field] === "number" ? limited[0] : limited };
    },
});

/** The numbers of a field: a Float32Array as it is, so that what is made of it is one too. */
function numbers(value) {
  return typeof value === "number" ? [value] : value;
}

function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}
