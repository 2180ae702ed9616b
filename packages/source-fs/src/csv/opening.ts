/** What the one opening of a table learns, for all threads. */
import {
  classLabels,
  type ColumnField,
  columnTypes,
  type DatasetFacts,
  type Logger,
  MillraceError,
} from "@millrace/core";
import { type ImageSharing, shareImages } from "../images/image-reader.js";
import { type ImagesOption, isImage } from "./image-columns.js";
import type { Stored } from "./stored.js";
import { readTable, type Table, type TableOptions } from "./table.js";

/** What threads are given: the table, and what its labels and columns came to. */
export interface Shared {
  readonly table: Omit<Table, "classes" | "targets" | "builders">;
  readonly label?: Int32Array | Float64Array;
  readonly classes?: readonly string[];
  readonly stored: readonly Stored[];
  readonly categories: Readonly<Record<string, readonly string[]>>;
  readonly images?: ImageSharing;
}

export interface OpeningOptions extends Omit<TableOptions, "fields"> {
  /** As the spec names it. */
  readonly path: string;
  readonly images: ImagesOption;
}

/** `known` are the facts to be followed. Errors: those of `readTable`, LABEL_UNKNOWN. */
export async function readOpening(
  path: string,
  options: OpeningOptions,
  fields: readonly ColumnField[],
  known: DatasetFacts | undefined,
  logger: Logger | undefined,
): Promise<Shared> {
  const { classes, targets, builders, ...table } = await readTable(path, { ...options, fields });
  if (table.dropped > 0) {
    const total = table.rows + table.dropped;
    logger?.info(
      { path, dropped: table.dropped },
      `${options.path}: ${table.dropped} of ${total} rows are left out, for a value that they miss`,
    );
  }
  const categories: Record<string, readonly string[]> = {};
  const stored = fields.map(({ field }, i) => {
    const made = builders[i].finish(field === "label" ? known?.labels : known?.categories?.[field]);
    if (made.labels !== undefined) categories[field] = made.labels;
    return made.stored;
  });
  const images = fields.some(isImage) ? { images: shareImages(options.images, undefined, logger) } : {};
  const typed = { table, stored, categories, ...images };
  if (classes === undefined) return { ...typed, ...(targets && { label: targets }) };
  const { labels, indexOf } = classLabels(
    classes.distinct.map(({ value }) => value),
    known?.labels,
  );
  const none = new Set(known?.labels === undefined ? options.missing : []);
  const indices = classes.distinct.map(({ value, line }) => {
    const where = `${path}:${line}: column "${options.label}"`;
    if (value.trim() === "" || none.has(value)) throw noClass(value, where);
    return indexOf(value, () => where);
  });
  // In their place: nobody has seen the codes yet.
  const label = classes.codes;
  for (let i = 0; i < label.length; i++) label[i] = indices[label[i]];
  return { ...typed, label, classes: labels };
}

/** What is known of the table without its rows. */
export function factsOf(
  fields: readonly ColumnField[],
  { table, classes, categories }: Shared,
): DatasetFacts {
  const { label = classes, ...others } = categories;
  const vectors = Object.fromEntries(
    fields.filter(({ width }) => width !== undefined).map(({ field, from }) => [field, from]),
  );
  const { features = table.features, ...elements } = vectors;
  return {
    ...(label && { labels: label }),
    ...(features.length > 0 && { features }),
    ...(Object.keys(others).length > 0 && { categories: others }),
    ...(Object.keys(elements).length > 0 && { elements }),
    // Features are arrays, which say themselves what they hold.
    ...(fields.length > 0 && { fields: columnTypes(fields) }),
  };
}

function noClass(value: string, where: string): MillraceError {
  const isBlank = value.trim() === "";
  return new MillraceError(
    "LABEL_UNKNOWN",
    isBlank ? "a class must not be blank" : `a class must be more than a word for none, was "${value}"`,
    { where: [where], hint: isBlank ? "Fill it in, or remove the row." : missingHint },
  );
}

const missingHint =
  "Fill it in, or remove the row; if it is the name of a class, leave it out of the words in `missing`.";
