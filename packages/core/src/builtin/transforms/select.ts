/** Leaves out fields of samples. */
import { z } from "zod";
import type { RaggedColumns } from "../../contracts/ragged.js";
import type { TransformContext } from "../../contracts/transform.js";
import { defineTransform } from "../../plugin/plugin.js";
import type { Column, Sample } from "../tabular/field-maps.js";
import { lacksAnswer } from "../tabular/field-maps.js";
import { changeFields, fieldOf, fieldsOption, namesOf } from "../tabular/fields.js";

const options = z
  .strictObject({
    keep: fieldsOption.optional().describe("the fields that stay, in this order; all others are left out"),
    drop: fieldsOption.optional().describe("the fields that are left out; all others stay"),
  })
  .refine(({ keep, drop }) => (keep === undefined) !== (drop === undefined), {
    error: "must name fields in either keep or drop",
  });

type Options = z.output<typeof options>;

export default defineTransform({
  name: "select",
  summary: "keep or drop fields of samples",
  options,
  touches: ({ drop }) => (drop === undefined ? undefined : { reads: [], writes: namesOf(drop) }),
  fields(fields, { keep, drop }) {
    if (keep === undefined) return changeFields(fields, namesOf(drop ?? []), () => undefined);
    const kept = new Set(namesOf(keep));
    return Object.fromEntries(Object.entries(fields).filter(([name]) => kept.has(name)));
  },
  create(settings: Options) {
    const names = namesOf(settings.keep ?? settings.drop ?? []);
    const some = <V>(of: Readonly<Record<string, V>>, wanted: readonly string[]): Record<string, V> => {
      const values = wanted.map((name) => [name, fieldOf(of, name, "select") as V] as const);
      if (settings.keep !== undefined) return Object.fromEntries(values);
      return Object.fromEntries(Object.entries(of).filter(([name]) => !names.includes(name)));
    };
    return {
      apply: (sample: Sample, context: TransformContext) =>
        some(
          sample,
          names.filter((name) => !lacksAnswer(sample, name, context)),
        ),
      applyColumns: (columns) => some<Column>(columns, names),
      applyRagged: (columns) => some<RaggedColumns[string]>(columns, names),
    };
  },
});
