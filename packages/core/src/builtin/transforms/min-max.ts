/** Numbers scaled to a range: scikit-learn's MinMaxScaler. */
import { z } from "zod";
import type { TypedArray } from "../../contracts/ndarray.js";
import { Extremes } from "../../data/statistics/extremes.js";
import { defineTransform } from "../../plugin/plugin.js";
import { fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, namesOf, touching } from "../tabular/fields.js";
import { fieldFitter, nothingSeen, numberLearner } from "../tabular/learners.js";
import { floatOf, mostOf } from "../tabular/number-types.js";
import { type NumberLoop, numberMap } from "../tabular/numbers.js";
import { elementAt, inverseOf, scaledField } from "../tabular/scaled.js";

const options = z.strictObject({
  fields: fieldsOption.describe(
    "fields of numbers, or of vectors of numbers, each element by its own extremes; one of them may be the target",
  ),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, { error: "must be [low, high], low below high" })
    .default([0, 1])
    .describe("what the least and the greatest value of the training samples become"),
  clip: z.boolean().default(false).describe("limit values beyond those of the training samples to the range"),
});

type Options = z.output<typeof options>;

/** What was learned of one field; arrays have one number per element. */
type Limits = {
  readonly field: string;
  /** Numbers per sample; null for a single one. */
  readonly elements: number | null;
  readonly min: Float64Array;
  readonly max: Float64Array;
};

export default defineTransform({
  name: "min-max",
  summary: "scale numbers to a range, from the least and the greatest of the training samples (MinMaxScaler)",
  options,
  fit: ({ fields }) =>
    fieldFitter(
      "min-max",
      namesOf(fields).map((name) =>
        numberLearner(
          "min-max",
          name,
          (width) => new Extremes(width),
          ({ least: min, greatest: max }, elements): Limits => {
            const empty = min.indexOf(Infinity);
            if (empty >= 0) throw nothingSeen("min-max", name, elementAt(elements, empty));
            return { field: name, elements, min, max };
          },
        ),
      ),
    ),
  touches: ({ fields }) => touching(fields),
  fields: (types, { fields }, fitted: readonly Limits[]) =>
    changeFields(types, namesOf(fields), (field, name) => scaledField(field, fitted, name)),
  inverse: (field, settings, fitted) =>
    inverseOf(field, fitted, (limits) => {
      const { factor, offset } = coefficients(limits, settings);
      return (value, j) => (value - offset[j]) / factor[j];
    }),
  create(settings, { fitted, fields: types }) {
    const maps = fitted.map((limits) =>
      numberMap({
        transform: "min-max",
        name: limits.field,
        field: types[limits.field],
        type: floatOf,
        loop: scaling(limits, settings),
        needs: "finite numbers",
        elements: limits.elements,
      }),
    );
    return fieldForms("min-max", maps);
  },
});

/** scikit-learn's `scale_` and `min_`: a range of nothing counts as 1, as `_handle_zeros_in_scale` has it. */
function coefficients(
  { min, max }: Limits,
  { range: [low, high] }: Options,
): { readonly factor: Float64Array; readonly offset: Float64Array } {
  const factor = min.map((least, j) => {
    const extent = max[j] - least;
    return (high - low) / (extent < 10 * Number.EPSILON ? 1 : extent);
  });
  return { factor, offset: min.map((least, j) => low - least * factor[j]) };
}

function scaling(limits: Limits, settings: Options): NumberLoop {
  const { factor, offset } = coefficients(limits, settings);
  const [low, high] = settings.clip ? settings.range : [-Infinity, Infinity];
  return (source, target: TypedArray, rows, width) => {
    const most = target instanceof Float32Array ? mostOf.float32 : mostOf.float64;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let j = 0; j < width; j++, i++) {
        const value = source[i];
        const scaled = value * factor[j] + offset[j];
        // NaN, a missing value, stays one.
        if (!(scaled <= most && scaled >= -most) && !Number.isNaN(value)) return i;
        target[i] = scaled < low ? low : scaled > high ? high : scaled;
      }
    }
    return -1;
  };
}
