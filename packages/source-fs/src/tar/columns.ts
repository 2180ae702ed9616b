/** Which file of a sample each field is read from, and as what. */
import {
  type ColumnField,
  columnsOption,
  columnType,
  type DType,
  type FieldTypes,
  MillraceError,
  readColumns,
} from "@millrace/core";
import { z } from "zod";

const [plainType, plainColumn] = columnsOption.valueType.options;
const plainRule = plainType.safeParse("").error?.issues[0]?.message ?? "";

/** The types of all sources, and arrays. */
const typeOption = z.string().refine((word) => word === "array" || plainType.safeParse(word).success, {
  error: plainRule.replace("must be ", "must be array, "),
});

const columnOption = plainColumn.extend({
  type: typeOption.describe(
    `${plainColumn.shape.type.description ?? ""}; array: a NumPy array of any shape, from a .npy file`,
  ),
  from: plainColumn.shape.from.describe(
    'the extension of the file, of several with ; between the first that a sample has, or a value in JSON: "jpg;png", "json:age", ["json:x", "json:y"] for a vector; by default the name of the field, or what is usual for its type',
  ),
});

/** Columns as all sources have them, and arrays. */
export const tarColumnsOption = z
  .record(z.string().min(1), z.union([typeOption, columnOption]))
  .refine((columns) => Object.keys(columns).length > 0, { error: "must name at least one field" });

export type TarColumns = z.output<typeof tarColumnsOption>;

/** Where a value lies: in one of the files of a sample, or at a path in the JSON of one. */
export interface FieldPlace {
  /** An index of `Plan.parts`. */
  readonly part: number;
  readonly path?: string;
}

export interface TarField {
  readonly column: ColumnField;
  readonly places: readonly FieldPlace[];
  /** True for a NumPy array, whose type and shape its file says. */
  readonly isArray: boolean;
}

/** What is read of each sample. */
export interface Plan {
  /** Files by their extensions: the first of the alternatives that a sample has. */
  readonly parts: readonly (readonly string[])[];
  readonly fields: readonly TarField[];
}

/** Type and number of axes of the arrays of a field, which are alike in all samples. Plain data. */
export interface ArrayForm {
  readonly dtype: DType;
  readonly axes: number;
}

export const imageWords = "jpg jpeg png webp gif bmp ppm pgm tif tiff avif".split(" ");
/** What webdataset takes for the index of a class, for text, and for a number. */
const classWords = ["cls", "class"];
const textWords = ["txt", "text"];
const numberWords = ["count", "index", "inx", "id"];

/** The files that a field is looked for in where its column does not say `from`. */
const usualWords: Partial<Record<string, readonly string[]>> = {
  image: imageWords,
  class: classWords,
  text: textWords,
  array: ["npy"],
};

/** Errors: OPTION_INVALID, with the path in the options. */
export function planOf(columns: TarColumns): Plan {
  const parts: string[][] = [];
  const partOf = (extensions: string[]): number => {
    const known = parts.findIndex((each) => each.join(";") === extensions.join(";"));
    return known < 0 ? parts.push(extensions) - 1 : known;
  };
  const plain = Object.entries(columns).map(([field, column]) => {
    const stated = typeof column === "string" ? { type: column } : column;
    if (stated.type === "array") requireArray(field, stated);
    return [field, stated.type === "array" ? { ...stated, type: "bytes" } : stated] as const;
  });
  const fields = readColumns(Object.fromEntries(plain)).map((column): TarField => {
    const stated = columns[column.field];
    const isArray = (typeof stated === "string" ? stated : stated.type) === "array";
    const kind = isArray ? "array" : column.kind;
    if (typeof stated === "string" || stated.from === undefined) {
      const words = [column.field.toLowerCase(), ...(usualWords[kind] ?? [])];
      return { column, isArray, places: [{ part: partOf([...new Set(words)]) }] };
    }
    const places = column.from.map((from): FieldPlace => {
      const [files, path] = divided(from);
      if (files.length === 0) throw noFile(column.field, from);
      if (path !== undefined && (isArray || kind === "image")) throw notInJson(column.field, kind, from);
      return { part: partOf(files), ...(path !== undefined && { path }) };
    });
    return { column, isArray, places };
  });
  return { parts, fields };
}

function requireArray(field: string, { missing, from, format }: z.output<typeof columnOption>): void {
  const wrong =
    missing !== undefined && missing !== "error" && missing !== "drop"
      ? (["missing", 'can only be "error" or "drop"'] as const)
      : Array.isArray(from)
        ? (["from", "must name one file"] as const)
        : format !== undefined && (["format", "is for dates and bytes"] as const);
  if (!wrong) return;
  throw new MillraceError("OPTION_INVALID", `\`${wrong[0]}\` of the array "${field}" ${wrong[1]}`, {
    path: ["columns", field, wrong[0]],
  });
}

/** "jpg;png" as its alternatives; "json:camera.iso" as a file and the path of a value in it. */
function divided(from: string): [files: string[], path: string | undefined] {
  const colon = from.indexOf(":");
  const files = (colon < 0 ? from : from.slice(0, colon)).split(";");
  const words = files
    .map((word) => word.trim().replace(/^\./, "").toLowerCase())
    .filter((word) => word !== "");
  return [words, colon < 0 ? undefined : from.slice(colon + 1)];
}

/** True for files whose numbers are the indices of classes, as webdataset has them. */
export function holdsIndices({ parts }: Plan, { places }: TarField): boolean {
  return places.every(
    ({ part, path }) => path === undefined && parts[part].some((word) => classWords.includes(lastWord(word))),
  );
}

function lastWord(extension: string): string {
  return extension.slice(extension.lastIndexOf(".") + 1);
}

/** Columns for the files of one sample, by their extensions, where nobody states any. */
export function usualColumns(extensions: readonly string[]): TarColumns {
  const columns: Record<string, TarColumns[string]> = {};
  for (const extension of extensions) {
    const type = usualType(extension);
    const dot = extension.lastIndexOf(".");
    const usual = type === "image" ? "image" : type === "class" ? "label" : extension;
    const own = dot > 0 ? extension.slice(0, dot).replaceAll(".", "_") : usual;
    const field = own in columns ? extension.replaceAll(".", "_") : own;
    columns[field] = { type, from: extension } as TarColumns[string];
  }
  return columns;
}

function usualType(extension: string): string {
  const word = lastWord(extension);
  if (imageWords.includes(word)) return "image";
  if (classWords.includes(word)) return "class";
  if (numberWords.includes(word)) return "int32";
  if (word === "npy") return "array";
  return textWords.includes(word) || word === "json" || word === "transcript" ? "text" : "bytes";
}

/** What batches hold of each field. */
export function fieldTypesOf({ fields }: Plan, arrays: Readonly<Record<string, ArrayForm>>): FieldTypes {
  return Object.fromEntries(
    fields.map(({ column, isArray }) => {
      if (!isArray) return [column.field, columnType(column)];
      const { dtype, axes } = arrays[column.field];
      return [column.field, { type: dtype, ...(axes > 0 && { shape: new Array<null>(axes).fill(null) }) }];
    }),
  );
}

function noFile(field: string, from: string): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `\`from\` must name a file by its extension, such as "jpg;png" or "json:age", was ${JSON.stringify(from)}`,
    { path: ["columns", field, "from"] },
  );
}

function notInJson(field: string, kind: string, from: string): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `${kind === "image" ? "an image" : "an array"} must be a file of the sample, not a value in one, was ${JSON.stringify(from)}`,
    { path: ["columns", field, "from"] },
  );
}
