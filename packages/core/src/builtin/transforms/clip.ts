/** Limits numbers to a range. */
import { z } from "zod";
import type { DType } from "../../contracts/ndarray.js";
import { defineTransform } from "../../plugin/plugin.js";
import { fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, namesOf, numberTypeOf, touching } from "../tabular/fields.js";
import { holds } from "../tabular/number-types.js";
import { type NumberLoop, numberMap } from "../tabular/numbers.js";

const options = z
  .strictObject({
    fields: fieldsOption.describe("fields of numbers, or of vectors of numbers"),
    min: z.number().optional().describe("smaller numbers become this one"),
    max: z.number().optional().describe("greater numbers become this one"),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, { error: "must have min, max or both" })
  .refine(({ min = -Infinity, max = Infinity }) => min <= max, {
    error: "must not be below min",
    path: ["max"],
  });

type Options = z.output<typeof options>;

export default defineTransform({
  name: "clip",
  summary: "limit numbers to a range",
  options,
  touches: ({ fields }) => touching(fields),
  fields: (types, settings) =>
    changeFields(types, namesOf(settings.fields), (field) => {
      const dtype = numberTypeOf(field);
      const type = dtype === undefined ? undefined : typeFor(settings)(dtype);
      return type === undefined || type === dtype ? field : { ...field, type };
    }),
  create(settings, { fields: types }) {
    const maps = namesOf(settings.fields).map((name) =>
      numberMap({
        transform: "clip",
        name,
        field: types[name],
        type: typeFor(settings),
        loop: clipping(settings),
        needs: "numbers",
      }),
    );
    return fieldForms("clip", maps);
  },
});

/** A type stays as it is where it holds the limits; whole numbers clipped to a fraction become float numbers. */
function typeFor({ min, max }: Options): (dtype: DType | undefined) => DType {
  return (dtype = "float64") => {
    const fits = [min, max].every((limit) => limit === undefined || holds(dtype, limit));
    if (fits || dtype === "float32" || dtype === "float64") return dtype;
    return dtype === "int32" || dtype === "uint32" ? "float64" : "float32";
  };
}

/** Missing values, which compare as false, pass. */
function clipping({ min = -Infinity, max = Infinity }: Options): NumberLoop {
  return (source, target, rows, width) => {
    const count = rows * width;
    for (let i = 0; i < count; i++) {
      const value = source[i];
      target[i] = value < min ? min : value > max ? max : value;
    }
    return -1;
  };
}
