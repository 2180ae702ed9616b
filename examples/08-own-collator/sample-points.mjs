// A whole collate plugin: sets of points of any size become one array of as many points each.
import { defaultCollate, defineCollate, MillraceError } from "@millrace/core";
import { z } from "zod";

export default defineCollate({
  name: "sample-points",
  summary: "draws as many points of each set, so that sets of any size make one batch",
  random: true,
  options: z.strictObject({
    field: z.string().min(1).default("points").describe("sample field of numbers, one point after the other"),
    dimensions: z.int().min(1).default(2).describe("numbers of a point"),
    count: z.int().min(1).describe("points of each sample; those of smaller sets are drawn more than once"),
  }),
  create:
    ({ field, dimensions, count }) =>
    (samples, allocator, fields, { random }) => {
      const points = allocator.allocate("float32", [samples.length, count, dimensions]);
      samples.forEach((sample, entry) => {
        const numbers = sample[field];
        const size = numbers.length / dimensions;
        if (!Number.isInteger(size) || size === 0)
          throw new MillraceError(
            "COLLATE_MISMATCH",
            `${field} has ${numbers.length} numbers, which are no points of ${dimensions}`,
            {
              entry, // which sample is to blame: the loader names it, or passes over it
              hint: "Look at this sample, or state other dimensions.",
            },
          );
        const generator = random(entry); // by address: the same for any number of workers
        for (let i = 0; i < count; i++) {
          const from = generator.integer(size) * dimensions;
          points.data.set(numbers.subarray(from, from + dimensions), (entry * count + i) * dimensions);
        }
      });
      const isOther = ([name]) => name !== field;
      const others = samples.map((sample) => Object.fromEntries(Object.entries(sample).filter(isOther)));
      return { ...defaultCollate(others, allocator, fields), [field]: points };
    },
});
