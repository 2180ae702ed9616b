/** Gives fields of samples other names. */
import { z } from "zod";
import type { TransformContext } from "../../contracts/transform.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { MillraceError } from "../../errors.js";
import { defineTransform } from "../../plugin/plugin.js";
import { lacksAnswer, type Sample } from "../tabular/field-maps.js";
import { fieldOf } from "../tabular/fields.js";
import { elementsOf, withElements } from "../tabular/element-names.js";

const options = z.strictObject({
  fields: z
    .record(z.string().min(1), z.string().min(1))
    .refine((names) => Object.keys(names).length > 0, { error: "must name at least one field" })
    .refine((names) => new Set(Object.values(names)).size === Object.keys(names).length, {
      error: "must give each field a name of its own",
    })
    .describe('the new name of each field: { "fixed acidity": "acidity" }; two fields may change names'),
});

export default defineTransform({
  name: "rename",
  summary: "give fields of samples other names",
  options,
  touches: ({ fields }) => {
    return { reads: Object.keys(fields), writes: [...Object.keys(fields), ...Object.values(fields)] };
  },
  fields: (types, { fields }): FieldTypes => renamed(types, fields),
  facts(facts, { fields }) {
    let made = facts;
    for (const [from, to] of Object.entries(fields)) {
      const names = elementsOf(facts, from);
      if (names !== undefined) made = withElements(made, to, names);
    }
    return made;
  },
  inverse(field, { fields }) {
    const before = Object.keys(fields).find((name) => fields[name] === field);
    return before === undefined ? undefined : { field: before, apply: (values) => Float64Array.from(values) };
  },
  create({ fields }) {
    const names = Object.entries(fields);
    const checked = <V>(of: Readonly<Record<string, V>>, wanted: readonly (readonly [string, string])[]) => {
      for (const [name, to] of wanted) {
        fieldOf(of, name, "rename");
        if (!Object.hasOwn(of, to) || Object.hasOwn(fields, to)) continue;
        throw new MillraceError(
          "TRANSFORM_INPUT",
          `rename needs names that no other field has, but there is a "${to}" already`,
          { hint: `Rename it too, or leave it out with \`select\`.` },
        );
      }
      return renamed(of, fields);
    };
    return {
      apply: (sample: Sample, context: TransformContext) =>
        checked(
          sample,
          names.filter(([name]) => !lacksAnswer(sample, name, context)),
        ),
      applyColumns: (columns) => checked(columns, names),
      applyRagged: (columns) => checked(columns, names),
    };
  },
});

function renamed<V>(
  of: Readonly<Record<string, V>>,
  names: Readonly<Record<string, string>>,
): Record<string, V> {
  return Object.fromEntries(
    Object.entries(of).map(([name, value]) => [Object.hasOwn(names, name) ? names[name] : name, value]),
  );
}
