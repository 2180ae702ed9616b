/** What `split` may say in a spec. */
import { z } from "zod";

const share = z.number().min(0).max(1);
const column = z.string().min(1).optional();

export const split = z
  .strictObject({
    train: share.describe("share of the samples to train on, 0 to 1"),
    validation: share.optional().describe("share of the samples to validate on after each epoch"),
    test: share.optional().describe("share of the samples kept for a final test"),
    stratifyBy: column.describe("column whose values each part has in proportion, such as label"),
    by: z
      .enum(["hash", "group"])
      .optional()
      .describe(
        "instead of at random; hash: by each sample's key, so that it stays in its part when others are added or removed; group: no group stands in two parts",
      ),
    column: column.describe(
      "by group: what tells groups apart, such as a patient; by hash: what is hashed, instead of the source's own keys",
    ),
    salt: z.string().optional().describe("by hash: any text, which makes another division of the same keys"),
  })
  .refine(({ train, validation = 0, test = 0 }) => train + validation + test <= 1 + 1e-6, {
    error: "the shares must add up to at most 1",
  })
  .refine(({ by, stratifyBy }) => by === undefined || stratifyBy === undefined, {
    error: "stratifyBy and by exclude each other",
    path: ["stratifyBy"],
  })
  .refine(({ by, column }) => by !== "group" || column !== undefined, {
    error: "is required, because a split by group needs to know what tells groups apart",
    path: ["column"],
  })
  .refine(({ by, column }) => by !== undefined || column === undefined, {
    error: 'is for a split by "hash" or "group"',
    path: ["column"],
  })
  .refine(({ by, salt }) => by === "hash" || salt === undefined, {
    error: 'is for a split by "hash"',
    path: ["salt"],
  });
