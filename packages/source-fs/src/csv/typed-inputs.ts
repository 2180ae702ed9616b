/** Fields with types, read from rows and from values by name that lie outside of the table. */
import { dirname, resolve } from "node:path";
import {
  classLabels,
  type ColumnField,
  type DatasetFacts,
  didYouMean,
  dropped,
  MillraceError,
  numberReader,
  type ValueReader,
  valueReader,
} from "@millrace/core";
import { imageReader, shareImages } from "../images/image-reader.js";
import { lookAt } from "../lines/paths.js";
import type { InputSettings } from "./inputs.js";

/** How what stands in the columns is written. */
type TypedInputSettings = Pick<InputSettings, "decimal" | "thousands" | "missing" | "images">;

/** The fields that one row has. */
export type RowFields = (values: readonly string[]) => Record<string, unknown>;

interface TypedInputs {
  /** For rows of a file whose columns are `names`. */
  inRows(path: string, names: readonly string[]): RowFields;
  /** Of values by the names of fields or columns; paths start at `folder`. Errors: INPUT_INVALID. */
  inValues(values: Readonly<Record<string, unknown>>, folder: string): Record<string, unknown>;
}

/** The field "label" is left out: it is the answer. */
export function typedInputs(
  settings: TypedInputSettings,
  all: readonly ColumnField[],
  facts: DatasetFacts,
): TypedInputs {
  const fields = all
    .filter(({ field }) => field !== "label")
    .map((column) => ({ column, read: readerOf(column, settings, facts) }));
  const known = new Set([...all.flatMap(({ field, from }) => [field, ...from]), ...(facts.features ?? [])]);
  const images = settings.images;
  const reader = all.some(({ kind }) => kind === "image")
    ? imageReader(images, shareImages(images))
    : undefined;
  const made = ({ column, read }: (typeof fields)[number], value: unknown, folder: string): unknown => {
    const found = read(value);
    if (found === dropped) throw notThere(column);
    return reader !== undefined && column.kind === "image" && typeof found === "string"
      ? reader.image({ name: resolve(folder, found) })
      : found;
  };
  return {
    inRows(path, names) {
      const placeOf = new Map(names.map((name, place) => [name, place]));
      const there = fields.flatMap((field) => {
        const places = field.column.from.map((name) => placeOf.get(name) ?? -1);
        if (places.includes(-1)) refuseMisspelt(field.column, names, known, path);
        return places.includes(-1) && !mayBeAbsent(field.column) ? [] : [{ ...field, places }];
      });
      const folder = dirname(path);
      return (values) => {
        const sample: Record<string, unknown> = {};
        for (const field of there) {
          const { places, column } = field;
          const list = places.map((place) => values[place]);
          sample[column.field] = made(field, places.length > 1 ? list : list[0], folder);
        }
        return sample;
      };
    },
    inValues(values, folder) {
      const sample: Record<string, unknown> = {};
      for (const field of fields) {
        const { column } = field;
        const value = valueOf(column, values);
        if (value === undefined) refuseMisspelt(column, Object.keys(values), known);
        if (value === undefined && !mayBeAbsent(column)) continue;
        sample[column.field] = made(field, value, folder);
      }
      return sample;
    },
  };
}

/** Under the name of the field, or of the columns that it is made from; undefined where neither is there. */
function valueOf({ field, from }: ColumnField, values: Readonly<Record<string, unknown>>): unknown {
  if (Object.hasOwn(values, field)) return values[field];
  const found = from.map((name) => lookAt(name)(values));
  if (found.includes(undefined)) return undefined;
  return from.length > 1 ? found : found[0];
}

function mayBeAbsent({ missing }: ColumnField): boolean {
  return missing === "null" || typeof missing === "object";
}

/** A column that is not there may be the answer; one whose name is only written otherwise is not. */
function refuseMisspelt(
  { from }: ColumnField,
  there: readonly string[],
  known: ReadonlySet<string>,
  path?: string,
): void {
  const others = there.filter((name) => !known.has(name));
  const missing = from.filter((name) => !there.includes(name) && didYouMean(name, others) !== "");
  if (missing.length === 0) return;
  const list = missing.map((name) => `"${name}"${didYouMean(name, others)}`).join(", ");
  throw new MillraceError(
    "INPUT_INVALID",
    `the columns must have the names that they had in training: ${list}`,
    {
      where: path === undefined ? [] : [path],
      hint: `There is: ${there.join(", ")}.`,
    },
  );
}

function readerOf(column: ColumnField, settings: TypedInputSettings, facts: DatasetFacts): ValueReader {
  const { field, kind } = column;
  const fault = (rule: string, value: unknown): MillraceError =>
    new MillraceError("INPUT_INVALID", `"${field}" ${rule}, was ${JSON.stringify(value) ?? "missing"}`);
  const labels = facts.categories?.[field];
  const classes = kind === "class" && labels ? classLabels([], labels) : undefined;
  return valueReader(column, {
    fault,
    number: numberReader(settings),
    missingWords: settings.missing,
    ...(classes && {
      classes: {
        labels: classes.labels,
        indexOf: (name: string) => classes.indexOf(name, () => `column "${field}"`),
      },
    }),
  });
}

function notThere({ field }: ColumnField): MillraceError {
  return new MillraceError(
    "INPUT_INVALID",
    `"${field}" must have a value: rows without one were left out in training`,
  );
}
