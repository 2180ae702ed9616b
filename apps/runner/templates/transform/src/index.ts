/** The transform `my-transform`: adds noise to a vector of numbers, so that no sample is seen twice. */
import { defineTransform, isTypedArray, MillraceError } from "@millrace/core";
import { z } from "zod";

type Sample = Readonly<Record<string, unknown>>;

export default defineTransform({
  name: "my-transform",
  summary: "adds noise to a vector of numbers",
  // Draws random numbers, so no cache may stand behind it. Leave it out where the same sample always becomes the same.
  random: true,
  options: z.strictObject({
    field: z.string().min(1).default("features").describe("the field that holds the vector"),
    deviation: z.number().min(0).default(0.1).describe("standard deviation of what is added to each number"),
  }),
  create:
    ({ field, deviation }) =>
    // A function of the sample and of random numbers that belong to its place: the same for any number of workers.
    (sample: Sample, { random }) => {
      const values = sample[field];
      if (!isTypedArray(values) || values instanceof BigInt64Array || values instanceof BigUint64Array) {
        throw new MillraceError(
          "SAMPLE_FAILED",
          `"${field}" must be a vector of numbers, was ${typeof values}`,
          {
            hint: "Name another `field`, or put `concat` before this transform.",
          },
        );
      }
      // A new object: what is given must stay as it is.
      return {
        ...sample,
        [field]: Float32Array.from(values, (value) => value + deviation * random.normal()),
      };
    },
});
