/** What the calendar says of a date, in UTC: its parts as numbers, or as points on a circle. */
import { z } from "zod";
import { readDates } from "../../kit/columns/dates.js";
import { defineTransform } from "../../plugin/plugin.js";
import { type CyclicPart, cyclicParts, momentOf, partNames, partOf, phaseOf } from "../tabular/calendar.js";
import { type Cell, cellMap } from "../tabular/cells.js";
import { withElements } from "../tabular/element-names.js";
import { fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, namesOf, valueFault } from "../tabular/fields.js";

const part = z.enum(partNames);

const options = z
  .strictObject({
    fields: fieldsOption.describe(
      "fields of dates: UTC seconds since 1970, as columns of dates have them, or texts",
    ),
    parts: z
      .union([part, z.array(part).min(1)])
      .optional()
      .describe(
        "parts as numbers, in this order: months, days and weeks from 1, dayOfWeek from 0 for Monday, week by ISO 8601, days since 1970 with a fraction; one alone, not in a list, becomes a single number instead of a vector",
      ),
    cyclic: z
      .array(z.enum(cyclicParts))
      .min(1)
      .optional()
      .describe(
        "parts as sine and cosine of their place in the period, behind the others: December is as near to January as to November",
      ),
    format: z
      .string()
      .min(1)
      .optional()
      .describe(
        "of texts: directives of strptime such as %d.%m.%Y %H:%M, or unix, unix-ms; default ISO 8601",
      ),
    as: z
      .string()
      .min(1)
      .optional()
      .describe("the field that the parts become, beside the date; by default they stand in its place"),
  })
  .refine(({ parts, cyclic }) => parts !== undefined || cyclic !== undefined, {
    error: "must have parts, cyclic or both",
  })
  .refine(({ as, fields }) => as === undefined || namesOf(fields).length === 1, {
    error: "is for a single field",
    path: ["as"],
  });

type Options = z.output<typeof options>;

export default defineTransform({
  name: "date-parts",
  summary: "year, month, weekday, hour and such of dates, as numbers or as sine and cosine (UTC)",
  options,
  touches: ({ fields, as }) => {
    return { reads: namesOf(fields), writes: as === undefined ? namesOf(fields) : [as] };
  },
  fields(types, settings) {
    const { as, fields } = settings;
    const { single, names } = planOf(settings);
    const [first] = namesOf(fields);
    const changed = as === undefined ? namesOf(fields) : [as];
    return changeFields(types, changed, (_, name) => {
      const nullable = types[as === undefined ? name : first]?.nullable === true;
      if (single) return { type: "float32", ...(nullable && { nullable }) };
      return { type: "float32", shape: [names("").length] };
    });
  },
  facts(facts, settings) {
    const { single, names } = planOf(settings);
    if (single) return facts;
    return namesOf(settings.fields).reduce(
      (made, field) => withElements(made, settings.as ?? field, names(field)),
      facts,
    );
  },
  create(settings) {
    const { single, plain, cyclic, names } = planOf(settings);
    const read = readDates(settings.format, ["format"]);
    const size = names("").length;
    const secondsOf = (cell: NonNullable<Cell>, name: string): number => {
      const seconds = typeof cell === "number" ? cell : typeof cell === "string" ? read(cell) : Number.NaN;
      if (Math.abs(seconds) <= mostSeconds) return seconds;
      const format = settings.format === undefined ? "ISO 8601" : settings.format;
      throw valueFault("date-parts", `dates, as UTC seconds or in texts (${format})`, name, cell, {
        hint: "State the `format` of its texts, such as %d.%m.%Y.",
      });
    };
    const maps = namesOf(settings.fields).map((name) =>
      cellMap({
        transform: "date-parts",
        name,
        to: settings.as ?? name,
        dtype: "float32",
        single,
        size: (elements) => elements * size,
        offset: (element) => element * size,
        keepsMissing: true,
        write(cell, _element, target, at) {
          if (cell === null) {
            target.fill(Number.NaN, at, at + size);
            return;
          }
          const moment = momentOf(secondsOf(cell, name));
          let place = at;
          for (const each of plain) target[place++] = partOf[each](moment);
          for (const each of cyclic) {
            const angle = 2 * Math.PI * phaseOf(each, moment);
            target[place++] = Math.sin(angle);
            target[place++] = Math.cos(angle);
          }
        },
      }),
    );
    return fieldForms("date-parts", maps);
  },
});

/** What JavaScript's dates reach. */
const mostSeconds = 8.64e12;

function planOf({ parts = [], cyclic = [] }: Options) {
  const plain = typeof parts === "string" ? [parts] : parts;
  return {
    plain,
    cyclic: cyclic as readonly CyclicPart[],
    single: typeof parts === "string" && cyclic.length === 0,
    names: (field: string): string[] => [
      ...plain.map((each) => `${field}_${each}`),
      ...cyclic.flatMap((each) => [`${field}_${each}_sin`, `${field}_${each}_cos`]),
    ],
  };
}
