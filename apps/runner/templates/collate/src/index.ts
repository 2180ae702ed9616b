/** The collate function `my-collate`: vectors of different lengths as one array, filled up with a number. */
import { defineCollate, MillraceError } from "@millrace/core";
import { z } from "zod";

export interface MyCollateSample {
  readonly features: ArrayLike<number>;
  readonly label: number;
}

export default defineCollate({
  name: "my-collate",
  summary: "vectors of different lengths as one array, filled up with a number",
  options: z.strictObject({
    length: z.int().positive().describe("numbers of each vector in the batch; longer ones are cut"),
    paddingValue: z.number().default(0).describe("what stands behind the numbers of a shorter vector"),
  }),
  create:
    ({ length, paddingValue }) =>
    (samples: readonly MyCollateSample[], { allocate }) => {
      if (samples.length === 0) throw new MillraceError("COLLATE_EMPTY", "my-collate was given no samples");
      // Memory that all threads share, and that has held other batches: every element must be written.
      const features = allocate("float32", [samples.length, length]);
      const label = allocate("int32", [samples.length]);
      features.data.fill(paddingValue);
      samples.forEach((sample, row) => {
        const numbers = Array.from(
          { length: Math.min(length, sample.features.length) },
          (_, i) => sample.features[i],
        );
        features.data.set(numbers, row * length);
        label.data[row] = sample.label;
      });
      return { features, label };
    },
});
