/** Rows of CSV files, and values by name, as samples for a model that a database has trained. */
import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import {
  type ColumnField,
  classLabels,
  type DatasetFacts,
  didYouMean,
  dropped,
  fileFault,
  type ImageReader,
  type Images,
  type LooseFault,
  type LooseSample,
  MillraceError,
  readColumns,
  requireOnce,
  type SourceInputs,
  valueReader,
} from "@millrace/core";
import { imageColumns, type ImageColumnsOptions } from "../rows/images.js";
import type { LayoutOptions } from "../rows/layout.js";
import { parseCsv } from "./csv.js";

/** One field of a sample, and the names of the values that it is made from. */
interface Field {
  readonly field: string;
  readonly from: readonly string[];
  /** Paths start at `folder`. */
  readonly read: (value: unknown, folder: string) => unknown;
}

/**
 * Takes what the model was trained on by its names, in any order, and ignores all else. Images are named by their paths; where
 * there is nothing but one image, its file may be given as it is.
 */
export function tableInputs(
  options: ImageColumnsOptions,
  facts: DatasetFacts,
  images?: Images,
): SourceInputs {
  const { reader } = imageColumns(options, images);
  const fields = fieldsOf(options, facts, reader);
  const files = fields.length === 1 && reader !== undefined ? (images?.endings ?? []) : [];
  return {
    endings: [".csv", ".tsv", ...files],
    about: {
      features: facts.features,
      columns: fields.flatMap(({ from }) => from),
      ...(reader && { images: reader.about }),
    },
    async *read(path) {
      if (files.includes(extname(path).toLowerCase())) {
        yield looseSample(path, () => sampleOf(fields, () => path, "."));
        return;
      }
      const bytes = await readFile(path).catch((error: unknown) => {
        throw fileFault(error, path, "cannot be read");
      });
      const [header, ...rows] = parseCsv(bytes, path);
      const names = header?.values ?? [];
      requireNames(fields, names, path);
      const placeOf = new Map(names.map((name, place) => [name, place]));
      for (const { line, values } of rows) {
        yield looseSample(`${path}:${line}`, () => {
          if (values.length !== names.length) {
            throw new MillraceError(
              "INPUT_INVALID",
              `a row must have ${names.length} values, as the first line has, had ${values.length}`,
            );
          }
          return sampleOf(fields, (name) => values[placeOf.get(name) ?? -1], dirname(path));
        });
      }
    },
    fromValues(values, folder) {
      const { features } = values;
      const list = Array.isArray(features) ? (features as unknown[]) : undefined;
      const names = facts.features ?? [];
      if (list !== undefined && list.length !== names.length) {
        throw new MillraceError(
          "INPUT_INVALID",
          `features must have ${names.length} numbers, one for each of ${names.join(", ")}; had ${list.length}`,
        );
      }
      const valueOf = (name: string, field: string): unknown => {
        if (list !== undefined && field === "features") return list[names.indexOf(name)];
        if (Object.hasOwn(values, name)) return values[name];
        if (Object.hasOwn(values, field)) return values[field];
        const there = Object.keys(values);
        throw new MillraceError("INPUT_INVALID", `"${name}" is missing${didYouMean(name, there)}`, {
          hint: `There is: ${there.join(", ") || "nothing"}.`,
        });
      };
      return sampleOf(fields, valueOf, folder);
    },
  };
}

function fieldsOf(
  { columns }: Pick<LayoutOptions, "columns">,
  facts: DatasetFacts,
  images: ImageReader | undefined,
): Field[] {
  const { features } = facts;
  const typed = Array.isArray(columns)
    ? namedFields(columns as readonly string[], facts)
    : readColumns(columns as never, { json: true });
  const others = typed.map(
    (column): Field => ({ field: column.field, from: column.from, read: readerOf(column, images) }),
  );
  if (features === undefined || features.length === 0) return others;
  const width = features.length;
  const read = readerOf({ ...plain("features", "float32"), from: features, width });
  return [{ field: "features", from: features, read }, ...others];
}

/** Columns that passed through as they were: by what is known of their type. */
function namedFields(columns: readonly string[], { fields }: DatasetFacts): ColumnField[] {
  return columns.map((name) => {
    const type = fields?.[name]?.type ?? "text";
    const isKind = type === "int32" || type === "float32" || type === "float64" || type === "bytes";
    return { ...plain(name, isKind ? type : "text"), nullable: fields?.[name]?.nullable ?? false };
  });
}

function plain(field: string, kind: ColumnField["kind"]): ColumnField {
  return { field, kind, nullable: false, from: [field], missing: "error", mayMiss: false };
}

function readerOf(column: ColumnField, images?: ImageReader): Field["read"] {
  const fault = (rule: string, value: unknown): MillraceError =>
    new MillraceError("INPUT_INVALID", `"${column.field}" ${rule}, was ${JSON.stringify(value)}`);
  const classes = column.labels && classLabels([], column.labels);
  const read = valueReader(column, { fault, ...(classes && { classes }) });
  return (value, folder) => {
    const found = read(value);
    if (found === dropped) throw fault("must have a value", value);
    if (column.kind !== "image" || found === null) return found;
    if (typeof found !== "string") throw fault("must be the path of an image file", value);
    return images?.image({ name: resolve(folder, found) });
  };
}

function sampleOf(
  fields: readonly Field[],
  valueOf: (name: string, field: string) => unknown,
  folder: string,
): Record<string, unknown> {
  const sample: Record<string, unknown> = {};
  for (const { field, from, read } of fields) {
    const values = from.map((name) => valueOf(name, field));
    sample[field] = read(from.length === 1 && field !== "features" ? values[0] : values, folder);
  }
  return sample;
}

function looseSample(name: string, make: () => unknown): LooseSample | LooseFault {
  try {
    return { name, sample: make() };
  } catch (error) {
    if (error instanceof MillraceError) return { name, error };
    throw error;
  }
}

function requireNames(fields: readonly Field[], names: readonly string[], path: string): void {
  const read = fields.flatMap(({ from }) => from);
  requireOnce(path, read, names);
  const missing = read.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  const list = missing.map((name) => `"${name}"${didYouMean(name, names)}`).join(", ");
  throw new MillraceError(
    "INPUT_INVALID",
    `the file must have every column that the model was trained on, lacks ${list}`,
    { where: [path], hint: `It has: ${names.join(", ")}.` },
  );
}
