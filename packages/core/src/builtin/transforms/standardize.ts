/** Numbers with mean 0 and deviation 1: scikit-learn's StandardScaler. */
import { z } from "zod";
import type { TypedArray } from "../../contracts/ndarray.js";
import { Moments } from "../../data/statistics/moments.js";
import { defineTransform } from "../../plugin/plugin.js";
import { fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, namesOf, touching } from "../tabular/fields.js";
import { fieldFitter, nothingSeen, numberLearner } from "../tabular/learners.js";
import { floatOf, mostOf } from "../tabular/number-types.js";
import { type NumberLoop, numberMap } from "../tabular/numbers.js";
import { elementAt, inverseOf, scaledField } from "../tabular/scaled.js";

const options = z.strictObject({
  fields: fieldsOption.describe(
    "fields of numbers, or of vectors of numbers, each element by its own mean and deviation; one of them may be the target",
  ),
  withMean: z.boolean().default(true).describe("subtract the mean of the training samples"),
  withStd: z
    .boolean()
    .default(true)
    .describe("divide by their standard deviation (of the population), where it is not 0"),
});

type Options = z.output<typeof options>;

/** What was learned of one field; arrays have one number per element. */
type Scaling = {
  readonly field: string;
  /** Numbers per sample; null for a single one. */
  readonly elements: number | null;
  /** Values that were not missing. */
  readonly count: Float64Array;
  readonly mean: Float64Array;
  /** The population's. */
  readonly variance: Float64Array;
};

export default defineTransform({
  name: "standardize",
  summary: "bring numbers to mean 0 and deviation 1, as the training samples have them (StandardScaler)",
  options,
  fit: ({ fields }) =>
    fieldFitter(
      "standardize",
      namesOf(fields).map((name) =>
        numberLearner(
          "standardize",
          name,
          (width) => new Moments(width),
          (moments, elements): Scaling => {
            const empty = moments.counts.indexOf(0);
            if (empty >= 0) throw nothingSeen("standardize", name, elementAt(elements, empty));
            const { counts: count, means: mean } = moments;
            return { field: name, elements, count, mean, variance: moments.variances() };
          },
        ),
      ),
    ),
  touches: ({ fields }) => touching(fields),
  fields: (types, { fields }, fitted: readonly Scaling[]) =>
    changeFields(types, namesOf(fields), (field, name) => scaledField(field, fitted, name)),
  inverse: (field, settings, fitted) =>
    inverseOf(field, fitted, (scaling) => {
      const { shift, scale } = coefficients(scaling, settings);
      return (value, j) => value * scale[j] + shift[j];
    }),
  create(settings, { fitted, fields: types }) {
    const maps = fitted.map((scaling) =>
      numberMap({
        transform: "standardize",
        name: scaling.field,
        field: types[scaling.field],
        type: floatOf,
        loop: standardizing(scaling, settings),
        needs: "finite numbers",
        elements: scaling.elements,
      }),
    );
    return fieldForms("standardize", maps);
  },
});

/** What is subtracted, and what is divided by. */
function coefficients(
  { count, mean, variance }: Scaling,
  { withMean, withStd }: Options,
): { readonly shift: Float64Array; readonly scale: Float64Array } {
  const shift = withMean ? mean : new Float64Array(mean.length);
  const scale = variance.map((square, j) =>
    withStd && !isConstant(square, mean[j], count[j]) ? Math.sqrt(square) : 1,
  );
  return { shift, scale };
}

/** scikit-learn's `_is_constant_feature`: a variance that rounding errors alone may have made is 0. */
function isConstant(variance: number, mean: number, count: number): boolean {
  const rounding = count * Number.EPSILON;
  return variance <= rounding * variance + (rounding * mean) ** 2;
}

function standardizing(scaling: Scaling, settings: Options): NumberLoop {
  const { shift, scale } = coefficients(scaling, settings);
  return (source, target: TypedArray, rows, width) => {
    const most = target instanceof Float32Array ? mostOf.float32 : mostOf.float64;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let j = 0; j < width; j++, i++) {
        const value = source[i];
        const scaled = (value - shift[j]) / scale[j];
        // NaN, a missing value, stays one.
        if (!(scaled <= most && scaled >= -most) && !Number.isNaN(value)) return i;
        target[i] = scaled;
      }
    }
    return -1;
  };
}
