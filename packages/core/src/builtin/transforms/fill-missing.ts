/** Missing values filled in: scikit-learn's SimpleImputer. */
import { z } from "zod";
import type { FieldType } from "../../contracts/dataset.js";
import { MillraceError } from "../../errors.js";
import { readDates } from "../../kit/columns/dates.js";
import { defineTransform } from "../../plugin/plugin.js";
import { textMap } from "../tabular/cells.js";
import { type FieldMap, fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, namesOf, valueFault, touching } from "../tabular/fields.js";
import { type Filling, fillingLearner, missingMap } from "../tabular/filling.js";
import { fieldFitter } from "../tabular/learners.js";
import { type NumberLoop, numberMap } from "../tabular/numbers.js";

const options = z
  .strictObject({
    fields: fieldsOption.describe(
      "fields of numbers, texts, flags or dates, or of vectors of numbers, each element by its own value",
    ),
    strategy: z
      .enum(["mean", "median", "most-frequent", "constant"])
      .default("mean")
      .describe(
        "what stands in: mean or median of the training samples (numbers; the median holds all of their values while it is fitted), their most frequent value (the smallest of several; texts too), or value",
      ),
    value: z
      .union([z.number(), z.string(), z.boolean()])
      .optional()
      .describe("constant only: the value; for a field of dates also as ISO 8601"),
    indicator: z
      .boolean()
      .default(false)
      .describe("add a flag for each field, <field>_missing, that says where it was missing (add_indicator)"),
  })
  .refine(({ strategy, value }) => (strategy === "constant") === (value !== undefined), {
    error: 'must be there for the strategy "constant", and for no other',
    path: ["value"],
  });

type Options = z.output<typeof options>;

export default defineTransform({
  name: "fill-missing",
  summary: "put a value where one is missing: mean, median, most frequent or constant (SimpleImputer)",
  options,
  fit: ({ fields, strategy }) =>
    strategy === "constant"
      ? undefined
      : fieldFitter(
          "fill-missing",
          namesOf(fields).map((name) => fillingLearner("fill-missing", name, strategy)),
        ),
  touches: ({ fields, indicator }) =>
    touching(fields, indicator ? namesOf(fields).map((name) => `${name}_missing`) : []),
  fields(types, { fields, indicator }, _fitted: readonly Filling[] | undefined) {
    const filled = changeFields(types, namesOf(fields), withoutNull);
    const flags = namesOf(fields).map((name) => {
      const shape = types[name]?.shape;
      return [`${name}_missing`, { type: "bool" as const, ...(shape && { shape }) }];
    });
    return indicator ? { ...filled, ...Object.fromEntries(flags) } : filled;
  },
  create(settings, { fitted, fields: types }) {
    const names = namesOf(settings.fields);
    const maps = names.map((name) => {
      const field = types[name];
      const learned = fitted?.find((each) => each.field === name);
      const { value } = learned ?? constant(settings, name, field);
      return typeof value === "string"
        ? fillTexts(name, value)
        : fillNumbers(name, field, value, learned?.elements);
    });
    const flags = names.map((name) => {
      const elements = fitted?.find((each) => each.field === name)?.elements ?? types[name]?.shape?.[0];
      return missingMap(name, elements);
    });
    return fieldForms("fill-missing", settings.indicator ? [...maps, ...flags] : maps);
  },
});

function withoutNull(field: FieldType | undefined): FieldType | undefined {
  if (field?.nullable === undefined) return field;
  const { nullable: _, ...rest } = field;
  return rest;
}

/** A value that the options state: for dates also as a text. */
function constant({ value }: Options, name: string, field: FieldType | undefined): Filling {
  if (typeof value !== "string")
    return { field: name, elements: null, value: Float64Array.of(Number(value)) };
  if (field?.type !== "date") return { field: name, elements: null, value };
  const seconds = readDates()(value);
  if (!Number.isNaN(seconds)) return { field: name, elements: null, value: Float64Array.of(seconds) };
  throw new MillraceError(
    "OPTION_INVALID",
    `value must be a date for the field "${name}", as ISO 8601 or UTC seconds since 1970, was "${value}"`,
    { path: ["value"] },
  );
}

function fillTexts(name: string, filling: string): FieldMap {
  return textMap("fill-missing", name, (cell) => {
    if (cell === null) return filling;
    if (typeof cell === "string") return cell;
    throw valueFault("fill-missing", "texts, as its value is one", name, cell);
  });
}

function fillNumbers(
  name: string,
  field: FieldType | undefined,
  values: Float64Array,
  elements: number | null | undefined,
): FieldMap {
  return numberMap({
    transform: "fill-missing",
    name,
    field,
    type: (dtype = "float64") => dtype,
    loop: filling(values),
    needs: "numbers",
    takesMissing: true,
    ...(elements !== undefined && { elements }),
  });
}

/** One value for all elements, or one for each. */
function filling(values: Float64Array): NumberLoop {
  const step = values.length === 1 ? 0 : 1;
  return (source, target, rows, width) => {
    for (let row = 0, i = 0; row < rows; row++) {
      for (let j = 0, from = 0; j < width; j++, i++, from += step) {
        const value = source[i];
        target[i] = Number.isNaN(value) ? values[from] : value;
      }
    }
    return -1;
  };
}
