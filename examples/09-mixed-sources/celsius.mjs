// A transform in a few lines: what one source states in Fahrenheit becomes what the other has.
import { defineTransform } from "@millrace/core";
import { z } from "zod";

export default defineTransform({
  name: "celsius",
  summary: "degrees Fahrenheit as degrees Celsius",
  options: z.strictObject({ field: z.string().min(1).describe("field of numbers") }),
  touches: ({ field }) => ({ reads: [field], writes: [field] }),
  create:
    ({ field }) =>
    (sample) => ({ ...sample, [field]: (sample[field] - 32) / 1.8 }),
});
