/** Collation of sequences without padding: several in each row, told apart by position and segment ids. */
import { type Allocator, defineCollate, MillraceError, numberOrFact, resolveFacts } from "@millrace/core";
import { z } from "zod";
import { remainder } from "../sequences/options.js";
import { documentsOf, joined, packed } from "../sequences/packing.js";
import { placesOf, wholeRows } from "../sequences/rows.js";
import { type Fields, requireObjects } from "../sequences/samples.js";
import { filled, tokensOf } from "../sequences/tokens.js";

const options = z.strictObject({
  fields: z
    .array(z.string().min(1))
    .min(1)
    .default(["tokens"])
    .describe(
      'sample fields of token ids or tags, equally long in each sample; others are left out; default ["tokens"]',
    ),
  length: z.int().min(1).describe("steps of a row"),
  strategy: z
    .enum(["concatenate", "first-fit"])
    .default("concatenate")
    .describe(
      "concatenate: one sequence after the other, cut where a row is full; first-fit: each sequence whole in the first row with room for it, cut only where it is longer than a row; default concatenate",
    ),
  remainder,
  paddingValue: z
    .union([numberOrFact(z.int()), z.record(z.string(), numberOrFact(z.int()))])
    .default(0)
    .describe(
      'what fills the end of a row: one number, or one per field such as {"tokens": 0, "tags": -100}, 0 where a field is left out; a fact such as {"from": "vocabulary.padding"} for any of them; default 0',
    ),
});

export default defineCollate({
  name: "pack-sequences",
  summary: "packs sequences into rows of one length, with position and segment ids",
  options,
  create(given, { facts }) {
    const { fields, length, strategy, remainder: left, paddingValue } = resolveFacts(given, facts);
    const fillOf = (field: string): number =>
      typeof paddingValue === "number" ? paddingValue : (paddingValue[field] ?? 0);
    return (samples: readonly unknown[], allocator: Allocator): Fields => {
      const objects = requireObjects("pack-sequences", samples);
      const columns = fields.map((field) => tokensOf(objects, field, "fields"));
      requireEqualLengths(fields, columns);
      const lengths = columns[0].map((tokens) => tokens.length);
      const rows = wholeRows(packed(documentsOf(lengths), length, strategy), length, strategy, left);
      const batch: Record<string, unknown> = {};
      for (const [i, field] of fields.entries()) {
        const values = rows.map((row) => joined(row, ({ entry }, step) => columns[i][entry][step]));
        batch[field] = filled(values, { length, fill: fillOf(field), allocator });
      }
      return { ...batch, ...placesOf(rows, length, allocator) };
    };
  },
});

function requireEqualLengths(fields: readonly string[], columns: readonly (readonly Int32Array[])[]): void {
  const [first, ...others] = columns;
  for (const [i, column] of others.entries()) {
    const entry = column.findIndex(({ length }, at) => length !== first[at].length);
    if (entry < 0) continue;
    throw new MillraceError(
      "COLLATE_MISMATCH",
      `fields that are packed must be equally long in each sample, but entry ${entry} has ${first[entry].length} in "${fields[0]}" and ${column[entry].length} in "${fields[i + 1]}"`,
      { entry, hint: "Name fields of one length in `fields`." },
    );
  }
}
