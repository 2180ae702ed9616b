/** Options that the sources over arrays share. */
import { z } from "zod";
import { askedTypes } from "./elements.js";

/** `what` the fields come from: files, members, tensors. */
export function fieldsOption(
  what: string,
  text = (about?: string): z.ZodString => {
    const name = z.string().min(1);
    return about === undefined ? name : name.describe(about);
  },
) {
  return z
    .record(
      z.string().min(1),
      z.union([
        text(),
        z.strictObject({
          from: text(what),
          type: z
            .enum(askedTypes)
            .optional()
            .describe(
              "element type in batches; by default that of the array, float32 for 16 bits, int32 for 64",
            ),
        }),
      ]),
    )
    .refine((fields) => Object.keys(fields).length > 0, { error: "must name at least one field" });
}

export type FieldsOption = z.output<ReturnType<typeof fieldsOption>>;

export const labelsOption = z
  .array(z.string())
  .min(1)
  .optional()
  .describe("names of the classes by index, of whole numbers in the field label; by default their numbers");

export const maxHeldOption = z
  .int()
  .positive()
  .default(2 ** 30)
  .describe(
    "most bytes of arrays that are held in memory, once for all threads: compressed ones, and those of Fortran's order; others are read row by row",
  );
