/** Values as another type, where nothing is lost. */
import { z } from "zod";
import { type DType, isNdArray, isTypedArray } from "../../contracts/ndarray.js";
import { readDates } from "../../kit/columns/dates.js";
import { defineTransform } from "../../plugin/plugin.js";
import { type Cell, cellMap, textMap } from "../tabular/cells.js";
import { type FieldMap, fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, fillHint, namesOf, valueFault, touching } from "../tabular/fields.js";
import { holds } from "../tabular/number-types.js";
import { type NumberLoop, numberMap } from "../tabular/numbers.js";

const numberTypes = [
  "float32",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "bool",
] as const;

const options = z
  .strictObject({
    fields: fieldsOption.describe("fields of texts, numbers or flags, or of vectors of numbers"),
    to: z
      .enum([...numberTypes, "text", "date"])
      .describe(
        "the type: of numbers, an element type (bool is 0 or 1, and of texts true, false, yes, no, 1, 0); text; date, UTC seconds since 1970",
      ),
    round: z
      .enum(["error", "nearest", "down", "up", "zero"])
      .default("error")
      .describe("what a fraction becomes where the type has whole numbers; nearest: halves away from zero"),
    invalid: z
      .enum(["error", "missing"])
      .default("error")
      .describe("a text that is no such value: an error, or a missing value, for types that know one"),
    format: z
      .string()
      .min(1)
      .optional()
      .describe(
        "date only: of texts, directives of strptime such as %d.%m.%Y, or unix, unix-ms; default ISO 8601",
      ),
  })
  .refine(({ to, format }) => to === "date" || format === undefined, {
    error: "is for dates",
    path: ["format"],
  })
  .refine(({ to, invalid }) => invalid === "error" || ["float32", "float64", "text", "date"].includes(to), {
    error: "can be missing for float32, float64 and date only: other types know no missing value",
    path: ["invalid"],
  });

type Options = z.output<typeof options>;

export default defineTransform({
  name: "cast",
  summary: "values as another type: texts as numbers or dates, numbers as texts, whole numbers or flags",
  options,
  touches: ({ fields }) => touching(fields),
  fields: (types, { fields, to, invalid }) =>
    changeFields(types, namesOf(fields), (field) => {
      const nullable = (field?.nullable === true && knowsMissing(to)) || invalid === "missing";
      return { type: to, ...(field?.shape && { shape: field.shape }), ...(nullable && { nullable }) };
    }),
  create(settings, { fields: types }) {
    const { fields, to } = settings;
    const maps = namesOf(fields).map((name): FieldMap => {
      if (to === "text") return textMap("cast", name, (cell) => (cell === null ? null : String(cell)));
      const dtype = to === "date" ? "float64" : to;
      const numbers = numberMap({
        transform: "cast",
        name,
        field: types[name],
        type: () => dtype,
        loop: casting(settings, dtype),
        needs: needsOf(settings),
        takesMissing: !knowsMissing(to),
      });
      const texts = textsAs(settings, name, dtype);
      const isText = (value: unknown) => typeof value === "string";
      return {
        from: name,
        to: name,
        one: (value) => (isText(value) ? texts : numbers).one(value),
        column(column, count, allocator) {
          const map = isNdArray(column) || isTypedArray(column) ? numbers : texts;
          return map.column(column, count, allocator);
        },
      };
    });
    return fieldForms("cast", maps);
  },
});

function knowsMissing(to: Options["to"]): boolean {
  return to === "float32" || to === "float64" || to === "text" || to === "date";
}

function textsAs(settings: Options, name: string, dtype: DType): FieldMap {
  const read = readerOf(settings);
  const place = new Float64Array(1);
  const cast = casting(settings, dtype);
  return cellMap({
    transform: "cast",
    name,
    dtype,
    single: true,
    size: (elements) => elements,
    offset: (element) => element,
    keepsMissing: knowsMissing(settings.to),
    write(cell, _element, target, at) {
      if (cell === null) {
        if (!knowsMissing(settings.to)) {
          throw valueFault("cast", needsOf(settings), name, cell, { hint: fillHint });
        }
        target[at] = Number.NaN;
        return;
      }
      place[0] = read(cell);
      if (Number.isNaN(place[0]) && settings.invalid === "missing") target[at] = Number.NaN;
      else if (Number.isNaN(place[0]) || cast(place, target.subarray(at, at + 1), 1, 1) >= 0)
        throw valueFault("cast", needsOf(settings), name, cell);
    },
  });
}

/** Decimal numbers as JSON, CSV and Python write them. */
const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

const flags: Readonly<Record<string, number>> = { true: 1, yes: 1, "1": 1, false: 0, no: 0, "0": 0 };

/** The number that a text stands for; NaN where it is none. */
function readerOf({ to, format }: Options): (cell: NonNullable<Cell>) => number {
  if (to === "date") {
    const read = readDates(format, ["format"]);
    return (cell) => (typeof cell === "string" ? read(cell) : Number(cell));
  }
  if (to === "bool") return (cell) => flags[String(cell).trim().toLowerCase()] ?? Number.NaN;
  return (cell) => (typeof cell !== "string" || decimal.test(cell) ? Number(cell) : Number.NaN);
}

const rounds: Readonly<Record<Options["round"], (value: number) => number>> = {
  error: (value) => value,
  nearest: (value) => Math.sign(value) * Math.round(Math.abs(value)),
  down: Math.floor,
  up: Math.ceil,
  zero: Math.trunc,
};

function casting({ round }: Options, dtype: DType): NumberLoop {
  const isFloat = dtype === "float32" || dtype === "float64";
  const rounded = rounds[isFloat ? "error" : round];
  return (source, target, rows, width) => {
    const count = rows * width;
    for (let i = 0; i < count; i++) {
      const value = rounded(source[i]);
      // The infinities are numbers of every float type.
      if (!holds(dtype, value) && !(isFloat && !Number.isFinite(source[i]))) return i;
      target[i] = value;
    }
    return -1;
  };
}

function needsOf({ to, round, format }: Options): string {
  if (to === "date") return `dates (${format ?? "ISO 8601"})`;
  if (to === "bool") return "flags, 0 or 1";
  if (to === "float32" || to === "float64") return `${to} numbers`;
  return round === "error" ? `whole ${to} numbers` : `${to} numbers`;
}
