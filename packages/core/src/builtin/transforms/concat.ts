/** Several fields as one vector: what a model takes. */
import { z } from "zod";
import type { FieldType, FieldTypes } from "../../contracts/dataset.js";
import { isNdArray, type NdArray } from "../../contracts/ndarray.js";
import { defineTransform } from "../../plugin/plugin.js";
import { namesIn, withElements } from "../tabular/element-names.js";
import { type Column, type Sample, widthOf } from "../tabular/field-maps.js";
import {
  changeFields,
  fieldOf,
  fieldsOption,
  fillHint,
  namesOf,
  numberTypeOf,
  valueFault,
} from "../tabular/fields.js";
import { mostOf } from "../tabular/number-types.js";
import { numbersOf } from "../tabular/numbers.js";

const options = z.strictObject({
  fields: fieldsOption.describe("fields of numbers, flags, or vectors of them, in the order of the result"),
  as: z.string().min(1).default("features").describe("the field that they become: float32, one axis"),
  keep: z.boolean().default(false).describe("keep the fields themselves too"),
});

type Options = z.output<typeof options>;

export default defineTransform({
  name: "concat",
  summary: "several fields of numbers as one vector, which is what a model takes",
  options,
  touches: ({ fields, as, keep }) => {
    return { reads: namesOf(fields), writes: keep ? [as] : [...namesOf(fields), as] };
  },
  fields(types, { fields, as, keep }) {
    const names = namesOf(fields);
    const made: FieldType = { type: "float32", shape: [extentOf(types, names)] };
    const rest = keep ? types : changeFields(types, names, () => undefined);
    return { ...rest, [as]: made };
  },
  facts(facts, { fields, as }, _fitted, types) {
    const names = namesOf(fields).map((name) => namesIn(facts, types, name));
    return names.includes(undefined)
      ? facts
      : withElements(
          facts,
          as,
          names.flatMap((each) => each ?? []),
        );
  },
  create(settings: Options) {
    const names = namesOf(settings.fields);
    return {
      apply(sample: Sample) {
        const parts = names.map((name) => partOf(name, fieldOf(sample, name, "concat")));
        const vector = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const [i, part] of parts.entries()) {
          copy(names[i], part, vector, 1, part.length, at, vector.length);
          at += part.length;
        }
        return joined(sample, settings, vector);
      },
      applyColumns(columns, { indices: { length: count }, allocator }) {
        const parts = names.map((name) => columnOf(name, fieldOf(columns, name, "concat") as Column));
        const width = parts.reduce((sum, part) => sum + widthOf(part), 0);
        const made = allocator.allocate("float32", [count, width]);
        let at = 0;
        for (const [i, part] of parts.entries()) {
          copy(names[i], part.data, made.data as Float32Array, count, widthOf(part), at, width);
          at += widthOf(part);
        }
        return joined(columns, settings, made);
      },
    };
  },
});

/** The other fields, and the vector at their end, or in the place of the field that it replaces. */
function joined<V>(
  of: Readonly<Record<string, V>>,
  { fields, as, keep }: Options,
  made: V,
): Record<string, V> {
  const rest: Record<string, V> = { ...of };
  if (!keep) for (const name of namesOf(fields)) if (name !== as) delete rest[name];
  rest[as] = made;
  return rest;
}

function partOf(name: string, value: unknown): ArrayLike<number> {
  const numbers = numbersOf(value, "concat", name);
  if (numbers === null) throw missing(name, value);
  return numbers.values;
}

function columnOf(name: string, column: Column): NdArray {
  if (isNdArray(column)) return column;
  const entry = Math.max(0, column.indexOf(null));
  if (column[entry] === null) throw missing(name, null, entry);
  throw valueFault("concat", "numbers", name, column[entry], { entry, hint: numberHint });
}

/** `rows` rows of `width` numbers into `target`, whose rows have `step`, from `at` on. */
function copy(
  name: string,
  source: ArrayLike<number>,
  target: Float32Array,
  rows: number,
  width: number,
  at: number,
  step: number,
): void {
  for (let row = 0, i = 0; row < rows; row++) {
    for (let j = 0, to = row * step + at; j < width; j++, i++, to++) {
      const value = source[i];
      if (!(value <= mostOf.float32 && value >= -mostOf.float32)) {
        if (Number.isNaN(value)) throw missing(name, value, row);
        throw valueFault("concat", "finite float32 numbers", name, value, { entry: row });
      }
      target[to] = value;
    }
  }
}

function missing(name: string, value: unknown, entry?: number): Error {
  const init = { hint: fillHint, ...(entry !== undefined && { entry }) };
  return valueFault("concat", "numbers that are there", name, value, init);
}

const numberHint = "Make numbers of it first: one-hot, label-index, hash-bucket, date-parts or cast.";

/** How many numbers the fields have together; null where one is not known. */
function extentOf(types: FieldTypes, names: readonly string[]): number | null {
  let sum = 0;
  for (const name of names) {
    const type = types[name];
    if (type === undefined || numberTypeOf(type) === undefined) return null;
    for (const extent of type.shape ?? []) if (extent === null) return null;
    sum += (type.shape ?? []).reduce((size: number, extent) => size * (extent ?? 1), 1);
  }
  return sum;
}
