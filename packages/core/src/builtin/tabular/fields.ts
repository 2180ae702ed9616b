/** The fields that a tabular transform names: as an option, in a sample, and what is said where they are not there. */
import { z } from "zod";
import type { FieldType, FieldTypes } from "../../contracts/dataset.js";
import type { Touched } from "../../contracts/transform.js";
import { arrayConstructors, type DType, isNdArray, isTypedArray } from "../../contracts/ndarray.js";
import { kindOf } from "../../data/collate.js";
import { MillraceError } from "../../errors.js";
import { didYouMean } from "../../suggest.js";

const fieldName = z.string().min(1);

/** The option `fields`: one name, or several. */
export const fieldsOption = z.union([
  fieldName,
  z
    .array(fieldName)
    .min(1)
    .refine((names) => new Set(names).size === names.length, { error: "must name each field once" }),
]);

export function namesOf(fields: z.output<typeof fieldsOption>): readonly string[] {
  return typeof fields === "string" ? [fields] : fields;
}

/** What is touched by those that change the fields they name, and add some. */
export function touching(fields: z.output<typeof fieldsOption>, added: readonly string[] = []): Touched {
  const reads = namesOf(fields);
  return { reads, writes: [...reads, ...added] };
}

/** The type of a field's numbers, where it is known and they are numbers. */
export function numberTypeOf(field: FieldType | undefined): DType | undefined {
  if (field === undefined) return undefined;
  if (field.type === "date") return "float64";
  return field.type in arrayConstructors ? (field.type as DType) : undefined;
}

/** The types of fields with those of `names` changed; a field whose type is not known gets that of a single value. */
export function changeFields(
  fields: FieldTypes,
  names: readonly string[],
  change: (field: FieldType | undefined, name: string) => FieldType | undefined,
): FieldTypes {
  const changed = { ...fields };
  for (const name of names) {
    const type = change(fields[name], name);
    if (type === undefined) delete changed[name];
    else changed[name] = type;
  }
  return changed;
}

/** What stands under `name`; `of` is a sample, or the columns of a batch. Errors: TRANSFORM_INPUT. */
export function fieldOf(of: unknown, name: string, transform: string): unknown {
  if (typeof of === "object" && of !== null && !isNdArray(of) && !isTypedArray(of)) {
    const value = (of as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) return value;
    const known = Object.keys(of);
    throw new MillraceError(
      "TRANSFORM_INPUT",
      `${transform} needs a field of the sample, but there is no "${name}"${didYouMean(name, known)}`,
      { hint: `Fields: ${known.join(", ") || "none"}.` },
    );
  }
  throw new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs samples with fields by name, was given ${kindOf(of)}`,
  );
}

/** The fault of one value: "standardize needs finite numbers, but "age" is "old"". */
export function valueFault(
  transform: string,
  needs: string,
  name: string,
  value: unknown,
  init: { readonly entry?: number; readonly hint?: string } = {},
): MillraceError {
  return new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs ${needs}, but "${name}" is ${shown(value)}`,
    init,
  );
}

/** What is told of missing values, by those that cannot take them. */
export const fillHint = "Put a `fill-missing` before it, or let the source leave out such samples.";

function shown(value: unknown): string {
  if (value === null) return "missing";
  if (typeof value === "number") return Number.isNaN(value) ? "missing" : String(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return kindOf(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
}
