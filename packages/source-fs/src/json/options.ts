/** Options that `json-lines` and `json` share, and what follows from them. */
import {
  type ColumnField,
  columnsOption,
  type ColumnsOption,
  MillraceError,
  readColumns,
} from "@millrace/core";
import { z } from "zod";
import { imagesOption } from "../csv/image-columns.js";
import { maxUnzippedOption } from "../lines/options.js";
import { whereOption } from "../lines/where.js";
import type { FileRecords } from "../records/records.js";

export const jsonShape = {
  columns: columnsOption
    .optional()
    .describe(
      'the fields of samples, by type and policy: { "age": "float32?", "label": "class", "box": { "type": "float32[4]", "from": "objects.0.box" } }; `from` is a key, or keys and positions with dots between; left out, the error suggests them',
    ),
  missing: z
    .array(z.string())
    .default([])
    .describe(
      "texts that mean no value, beside blank ones, in fields that say what becomes of it; null, and a key that is not there, always do",
    ),
  where: whereOption,
  images: imagesOption
    .prefault({})
    .describe(
      "how the files that fields of type image name are read: `root`, the folder of their paths (the file's own by default), and `mode`, `background`, `autoOrient`, `decoder`, `reduce`, `maxPixels`, `onWarning` as `image-folder` has them",
    ),
  maxUnzippedBytes: maxUnzippedOption,
};

/** The fields of `columns`. Errors: OPTION_INVALID, with a suggestion where there are none. */
export function fieldsOf(columns: ColumnsOption | undefined, records: FileRecords): ColumnField[] {
  const fields = readColumns(columns ?? {}, { json: true });
  if (fields.length > 0) return fields;
  const [value] = records.readSound([0], (record) => record.value);
  const suggested = Object.entries(value ?? {}).flatMap(([key, each]) => suggestion(key, each));
  throw new MillraceError("OPTION_INVALID", "`columns` must say which fields samples have, none is stated", {
    path: ["columns"],
    ...(suggested.length > 0 && {
      hint: `By the first sample it may be: { ${suggested.join(", ")} }.`,
    }),
  });
}

function suggestion(key: string, value: unknown): string[] {
  const type = typeOf(value);
  return type === undefined ? [] : [`${JSON.stringify(key)}: "${type}"`];
}

function typeOf(value: unknown): string | undefined {
  if (typeof value === "number") return "float32";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "text";
  const isVector =
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "number");
  return isVector ? `float32[${value.length}]` : undefined;
}
