/** The fields of a sample from a record, by type and policy. */
import {
  type ClassLabels,
  classLabels,
  type ColumnField,
  columnTypes,
  type DatasetFacts,
  dropped,
  MillraceError,
  valueReader,
} from "@millrace/core";
import { lookAt } from "../lines/paths.js";
import type { FileRecord } from "./records.js";

/** Class names by field; those of the field "label" are the labels. */
export type ClassNames = Readonly<Record<string, readonly string[]>>;

/** How values are written. */
export interface ValueStyle {
  /** Texts that mean no value. */
  readonly missing: readonly string[];
  /** Numbers in texts; plain decimals by default. */
  readonly number?: (text: string) => number;
}

/** What stands for the file at `path`, which starts at `folder`. */
export type ImageOf = (path: string, folder: string) => unknown;

export interface FieldReader {
  readonly column: ColumnField;
  /** What a sample holds; `dropped` where its record is to be left out. Errors: FILE_FORMAT, LABEL_UNKNOWN. */
  readonly read: (record: FileRecord) => unknown;
}

/** `classesOf` gives the classes of a field of kind class, `imageOf` an image by the path of its file. */
export function fieldReader(
  column: ColumnField,
  { missing, number }: ValueStyle,
  classesOf: (field: string) => ClassLabels,
  imageOf: ImageOf = (path) => path,
): FieldReader {
  const { field, kind, from } = column;
  const looks = from.map(lookAt);
  let current: FileRecord | undefined;
  const where = (): string => {
    const [name] = from;
    const path = current === undefined || Object.hasOwn(current.value, name) ? [name] : name.split(".");
    return current?.placeOf(from.length === 1 ? path : []) ?? "";
  };
  const classes = kind === "class" ? classesOf(field) : undefined;
  const read = valueReader(column, {
    fault: (rule, value) => notHeld(column, rule, value, where()),
    missingWords: missing,
    ...(number && { number }),
    ...(classes && {
      classes: {
        labels: classes.labels,
        indexOf: (name) => classes.indexOf(name, () => `${where()}: "${field}"`),
      },
    }),
  });
  return {
    column,
    read(record) {
      current = record;
      const { value, folder } = record;
      const found = read(looks.length === 1 ? looks[0](value) : looks.map((look) => look(value)));
      if (kind !== "image" || found === null || found === dropped) return found;
      if (typeof found === "string") return imageOf(found, folder);
      throw notHeld(column, "must be the path of an image file", found, where());
    },
  };
}

/** The readers of all fields, whose classes are known. */
export function fieldReaders(
  fields: readonly ColumnField[],
  style: ValueStyle,
  names: ClassNames,
  imageOf: ImageOf,
): FieldReader[] {
  return fields.map((column) =>
    fieldReader(column, style, (field) => classLabels([], names[field] ?? []), imageOf),
  );
}

/** What is known of the samples without reading them. */
export function factsOf(fields: readonly ColumnField[], { label, ...categories }: ClassNames): DatasetFacts {
  const vectors = fields.filter(({ width }) => width !== undefined && width > 0);
  const named = Object.fromEntries(
    vectors.filter(({ from }) => from.length > 1).map(({ field, from }) => [field, from]),
  );
  const { features, ...elements } = named;
  return {
    ...(label && { labels: label }),
    ...(features && { features }),
    ...(Object.keys(categories).length > 0 && { categories }),
    ...(Object.keys(elements).length > 0 && { elements }),
    fields: columnTypes(fields),
  };
}

/** True where a field says that the record is to be left out. */
export function isDropped(readers: readonly FieldReader[], record: FileRecord): boolean {
  return readers.some((reader) => reader.read(record) === dropped);
}

function notHeld({ field, from }: ColumnField, rule: string, value: unknown, place: string): MillraceError {
  const name = from.length === 1 ? from[0] : `${field} (${from.join(", ")})`;
  return new MillraceError("FILE_FORMAT", `"${name}" ${rule}, was ${shown(value)}`, {
    where: [place],
    hint: 'Correct the value, choose another type, or say what becomes of values that are missing: "?" behind the type passes them on as null, `missing` drops the sample or fills in a value.',
  });
}

/** A value in a message, cut off where it is long. */
export function shown(value: unknown): string {
  // A number that no double holds is infinite here.
  const text = typeof value === "number" ? String(value) : written(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "missing";
  } catch {
    // JSON is read to any depth, but not written.
    return "lists in lists, too deep to be shown";
  }
}
