/** Values as one of a fixed number of buckets, by a hash of their text: no vocabulary, no fit. */
import { z } from "zod";
import { hashKey } from "../../data/hash-split.js";
import { defineTransform } from "../../plugin/plugin.js";
import { cellMap } from "../tabular/cells.js";
import { fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, fillHint, namesOf, valueFault, touching } from "../tabular/fields.js";

const options = z.strictObject({
  fields: fieldsOption.describe("fields of texts, numbers or flags, or of vectors of numbers"),
  buckets: z
    .int()
    .min(2)
    .max(2 ** 31 - 1)
    .describe("number of buckets: a value becomes an index from 0 to one less; several values may share one"),
  salt: z.string().default("").describe("makes another division of the same values"),
});

export default defineTransform({
  name: "hash-bucket",
  summary: "values as the index of a bucket, by a hash of their text",
  options,
  touches: ({ fields }) => touching(fields),
  fields: (types, { fields }) =>
    changeFields(types, namesOf(fields), (field) => ({
      type: "int32",
      ...(field?.shape && { shape: field.shape }),
    })),
  create({ fields, buckets, salt }) {
    const maps = namesOf(fields).map((name) =>
      cellMap({
        transform: "hash-bucket",
        name,
        dtype: "int32",
        single: true,
        size: (elements) => elements,
        offset: (element) => element,
        write(cell, _element, target, at) {
          if (cell === null) {
            throw valueFault("hash-bucket", "values", name, cell, { hint: fillHint });
          }
          target[at] = Math.floor(hashKey(String(cell), salt) * buckets);
        },
      }),
    );
    return fieldForms("hash-bucket", maps);
  },
});
