/** The words by which a source is told what its columns hold: the same for CSV, SQL and whatever else has columns. */
import { z } from "zod";
import type { FieldType, FieldTypes } from "../../contracts/dataset.js";
import { MillraceError } from "../../errors.js";
import { readDates } from "./dates.js";

/** What a column can hold. */
export const columnKinds = [
  "int32",
  "float32",
  "float64",
  "bool",
  "class",
  "text",
  "bytes",
  "date",
  "image",
  "json",
] as const;

export type ColumnKind = (typeof columnKinds)[number];

/** Words for a kind beside its own. */
const otherWords: Readonly<Record<string, ColumnKind>> = { timestamp: "date" };

const typeWord = new RegExp(
  `^(?:(${[...columnKinds, ...Object.keys(otherWords)].join("|")})|(int32|float32|float64)\\[([1-9]\\d{0,8})?\\])(\\?)?$`,
);

const typeOption = z
  .string()
  .refine((word) => typeWord.test(word), {
    error: `must be ${columnKinds.join(", ")} or a vector such as float32[3], with ? behind it where values may be missing`,
    params: { words: columnKinds },
  })
  .meta({ pattern: typeWord.source });

/** What becomes of a value that is missing. */
export type MissingPolicy = "error" | "drop" | "null" | { readonly fill: number | string | boolean };

const columnOption = z.strictObject({
  type: typeOption.describe(
    `${columnKinds.join(", ")}, or float32[3] (also int32, float64) for a vector; ? behind it: values may be missing`,
  ),
  from: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe("the column as the storage calls it, several for a vector; by default the name of the field"),
  missing: z
    .union([
      z.enum(["error", "drop", "null"]),
      z.strictObject({ fill: z.union([z.number(), z.string(), z.boolean()]) }),
    ])
    .optional()
    .describe(
      'a value that is missing: error refuses it, drop leaves out its row, null passes it on (as "?" does), { fill } stands in for it; default error',
    ),
  missingWords: z
    .array(z.string())
    .optional()
    .describe("texts that mean a missing value, beside blank ones; by default those of the source"),
  format: z
    .string()
    .min(1)
    .optional()
    .describe(
      "of dates: directives of strptime such as %d.%m.%Y %H:%M, or unix, unix-ms; default ISO 8601. Of bytes in text: base64 (default) or hex",
    ),
  labels: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("of class: the classes in their order, and no others; by default those that are there, sorted"),
});

/**
 * The option `columns` of a source: fields by name, each in short (`"float32"`, `"text?"`, `"float32[3]"`) or as an object
 * with policies. `readColumns` makes one form of both.
 */
export const columnsOption = z.record(z.string().min(1), z.union([typeOption, columnOption]));

export type ColumnsOption = z.output<typeof columnsOption>;

/** One field of the samples, and where it comes from. Plain data: workers take it as it is. */
export interface ColumnField {
  readonly field: string;
  readonly kind: ColumnKind;
  /** Numbers in a list of one length; undefined for single values. 0 where the storage says how many. */
  readonly width?: number;
  /** True where samples may hold null. */
  readonly nullable: boolean;
  /** The columns of the storage: one, or one for each number of a vector. */
  readonly from: readonly string[];
  readonly missing: MissingPolicy;
  /** True where a policy or "?" was stated, and for classes: texts are looked at for words that mean a missing value. */
  readonly mayMiss: boolean;
  readonly missingWords?: readonly string[];
  readonly format?: string;
  readonly labels?: readonly string[];
}

/**
 * The fields that the option states, in its order. `json` says that the source makes its values of whatever stands there.
 * @throws MillraceError OPTION_INVALID, with the path in the options, for parts that do not go together.
 */
export function readColumns(columns: ColumnsOption, { json = false } = {}): ColumnField[] {
  return Object.entries(columns).map(([field, column]) => {
    const { type, from, missing, ...given } = typeof column === "string" ? { type: column } : column;
    const [, single, element, count, mark] = typeWord.exec(type) ?? [];
    const kind = otherWords[single] ?? ((single ?? element) as ColumnKind);
    const names = from === undefined ? [field] : typeof from === "string" ? [from] : from;
    const policy = missing ?? (mark === "?" ? "null" : "error");
    const width = single !== undefined ? undefined : Number(count ?? (names.length > 1 ? names.length : 0));
    const made: ColumnField = {
      field,
      kind,
      ...(width !== undefined && { width }),
      nullable: policy === "null",
      from: names,
      missing: policy,
      mayMiss: missing !== undefined || mark === "?" || kind === "class",
      ...given,
    };
    requireFitting(made);
    if (kind === "json" && !json) throw noJson(field);
    return made;
  });
}

/**
 * What batches hold of a field. Whole numbers, flags and classes that may be missing are float64 or float32 in every batch,
 * with NaN for a missing one; a date is its UTC seconds since 1970, float64.
 */
export function columnType({ kind, width, nullable }: ColumnField): FieldType {
  const shape = width === undefined ? {} : { shape: [width === 0 ? null : width] };
  const mark = nullable ? { nullable } : {};
  return { type: nullable ? (nullableTypes[kind] ?? kind) : typeOf(kind), ...shape, ...mark } as FieldType;
}

function typeOf(kind: ColumnKind): FieldType["type"] {
  if (kind === "json") return "text";
  return kind === "class" ? "int32" : kind;
}

/** Types that hold NaN, for kinds whose own does not. */
const nullableTypes: Partial<Record<ColumnKind, FieldType["type"]>> = {
  int32: "float64",
  bool: "float32",
  class: "float32",
};

/** The same of several, without those of JSON, of which the first batch tells. */
export function columnTypes(columns: readonly ColumnField[]): FieldTypes {
  const known = columns.filter(({ kind }) => kind !== "json");
  return Object.fromEntries(known.map((column) => [column.field, columnType(column)]));
}

function noJson(field: string): MillraceError {
  return new MillraceError("OPTION_INVALID", `column "${field}" cannot be JSON in this source`, {
    path: ["columns", field],
    hint: "Databases, json-lines, json and memory have such columns. Read it as `text`, and take what you need in a transform.",
  });
}

function requireFitting(column: ColumnField): void {
  const { field, kind, width, from, missing, format, labels } = column;
  const refuse = (rule: string, ...path: string[]): never => {
    throw new MillraceError("OPTION_INVALID", `column "${field}" ${rule}`, {
      path: ["columns", field, ...path],
    });
  };
  if (from.length > 1 && width === undefined)
    refuse(
      `has several columns in \`from\`, so its type must be a vector such as float32[${from.length}]`,
      "type",
    );
  if (from.length > 1 && width !== from.length)
    refuse(`must have one column for each of its ${width} numbers in \`from\`, has ${from.length}`, "from");
  if (labels !== undefined && kind !== "class") refuse("must be a class to have `labels`", "labels");
  const twice = labels?.find((name, i) => labels.indexOf(name) !== i);
  if (twice !== undefined) refuse(`must name each of its \`labels\` once, has "${twice}" twice`, "labels");
  if (format !== undefined) {
    if (kind === "date") readDates(format, ["columns", field, "format"]);
    else if (kind !== "bytes") refuse("must hold dates or bytes to have a `format`", "format");
    else if (format !== "base64" && format !== "hex")
      refuse(`must have base64 or hex as the \`format\` of its bytes, was "${format}"`, "format");
  }
  if (typeof missing === "object") {
    const wrong = fillFault(column, missing.fill);
    if (wrong !== undefined) refuse(`${wrong}, was ${JSON.stringify(missing.fill)}`, "missing", "fill");
  }
}

/** Why `fill` cannot stand for a value of the column. */
function fillFault(
  { kind, format, labels }: ColumnField,
  fill: number | string | boolean,
): string | undefined {
  switch (kind) {
    case "int32":
      return (Number(fill) | 0) === fill ? undefined : "must be filled with an int32 number";
    case "float32":
    case "float64":
      return typeof fill === "number" ? undefined : "must be filled with a number";
    case "bool":
      return typeof fill === "boolean" ? undefined : "must be filled with true or false";
    case "date":
      if (typeof fill === "string" && !Number.isNaN(readDates(format)(fill))) return undefined;
      return "must be filled with a date as the column writes them";
    case "class":
      return labels?.includes(String(fill)) === false ? "must be filled with one of its `labels`" : undefined;
    case "text":
      return typeof fill === "string" ? undefined : "must be filled with a text";
    default:
      return "of bytes, images or JSON cannot be filled";
  }
}
