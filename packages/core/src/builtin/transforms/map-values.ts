/** Values replaced by others, as a table says. */
import { z } from "zod";
import type { DType } from "../../contracts/ndarray.js";
import { promoteTypes } from "../../data/collate.js";
import { defineTransform } from "../../plugin/plugin.js";
import { type Cell, cellMap, textMap } from "../tabular/cells.js";
import { type FieldMap, fieldForms } from "../tabular/field-maps.js";
import {
  changeFields,
  fieldsOption,
  namesOf,
  numberTypeOf,
  valueFault,
  touching,
} from "../tabular/fields.js";
import { typeOfConstants } from "../tabular/number-types.js";

const value = z.union([z.string(), z.number(), z.boolean()]);

type Value = z.output<typeof value>;

const options = z
  .strictObject({
    fields: fieldsOption.describe("fields of texts, numbers or flags, or of vectors of numbers"),
    values: z
      .record(z.string(), value)
      .refine((values) => Object.keys(values).length > 0, { error: "must map at least one value" })
      .describe(
        'what becomes of each value, by its text: { "low": 1, "high": 3 }; all texts, all numbers or all flags',
      ),
    otherwise: z
      .union([z.enum(["error", "keep"]), z.strictObject({ value: value.describe("what they become") })])
      .default("error")
      .describe(
        'a value that is not in the table: an error, kept as it is (texts among texts, numbers among numbers), or { "value": 0 }. What is missing stays missing',
      ),
  })
  .refine(({ values, otherwise }) => kindsOf(values, otherwise).size === 1, {
    error: "must be all texts, all numbers or all flags, with the one in otherwise",
    path: ["values"],
  });

type Options = z.output<typeof options>;

export default defineTransform({
  name: "map-values",
  summary: "replace values by others, as a table says",
  options,
  touches: ({ fields }) => touching(fields),
  fields: (types, settings) =>
    changeFields(types, namesOf(settings.fields), (field) => {
      const { shape, nullable } = field ?? {};
      const type = typeFor(settings, numberTypeOf(field), nullable === true);
      return { type, ...(shape && { shape }), ...(nullable && { nullable }) };
    }),
  create(settings, { fields: types }) {
    const maps = namesOf(settings.fields).map((name): FieldMap => {
      const replace = replacing(settings, name);
      const field = types[name];
      const type = typeFor(settings, numberTypeOf(field), field?.nullable === true);
      if (type === "text") {
        return textMap("map-values", name, (cell) => (cell === null ? null : String(replace(cell))));
      }
      return numbersMap(name, type, replace);
    });
    return fieldForms("map-values", maps);
  },
});

function numbersMap(name: string, dtype: DType, replace: (cell: NonNullable<Cell>) => Value): FieldMap {
  return cellMap({
    transform: "map-values",
    name,
    dtype,
    single: true,
    size: (elements) => elements,
    offset: (element) => element,
    keepsMissing: true,
    write(cell, _element, target, at) {
      if (cell === null && dtype !== "float32" && dtype !== "float64") {
        throw valueFault("map-values", "values", name, cell, {
          hint: "Let the source state that the field may be missing, or put a `fill-missing` before it.",
        });
      }
      target[at] = cell === null ? Number.NaN : Number(replace(cell));
    },
  });
}

function replacing({ values, otherwise }: Options, name: string): (cell: NonNullable<Cell>) => Value {
  const table = new Map(Object.entries(values));
  return (cell) => {
    const found = table.get(String(cell));
    if (found !== undefined) return found;
    if (typeof otherwise === "object") return otherwise.value;
    const kind = typeof table.values().next().value;
    // A flag among numbers is 0 or 1, and among texts everything has a text.
    const fits =
      typeof cell === kind || kind === "string" || (kind === "number" && typeof cell === "boolean");
    if (otherwise === "keep" && fits) return cell;
    const known = [...table.keys()].slice(0, 20).map((text) => JSON.stringify(text));
    throw valueFault("map-values", "a value that its table has", name, cell, {
      hint: `The table has ${known.join(", ")}${table.size > 20 ? ", …" : ""}; \`otherwise\` says what becomes of others.`,
    });
  };
}

/** The type of what the table gives: the same in every batch. */
function typeFor(
  { values, otherwise }: Options,
  given: DType | undefined,
  nullable: boolean,
): DType | "text" {
  const made = [...Object.values(values), ...(typeof otherwise === "object" ? [otherwise.value] : [])];
  if (typeof made[0] === "string") return "text";
  if (typeof made[0] === "boolean") return nullable ? "float32" : "bool";
  const own = typeOfConstants(made.map(Number));
  const type = otherwise === "keep" ? promoteTypes(own, given ?? "float32") : own;
  if (!nullable || type === "float32" || type === "float64") return type ?? "float64";
  return type === "int32" ? "float64" : "float32";
}

function kindsOf(
  values: Readonly<Record<string, Value>>,
  otherwise: "error" | "keep" | { readonly value: Value },
): ReadonlySet<string> {
  const kinds = Object.values(values).map((each) => typeof each);
  return new Set(typeof otherwise === "object" ? [...kinds, typeof otherwise.value] : kinds);
}
