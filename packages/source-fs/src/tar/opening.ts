/** What the one opening of shards learns, for all threads. */
import type { DatasetFacts, ImageOptions, Logger } from "@millrace/core";
import { type ImageSharing, shareImages } from "../images/image-reader.js";
import { Archives } from "./archives.js";
import { type ArrayForm, type Plan, planOf, type TarColumns, usualColumns } from "./columns.js";
import { firstSample, readForms } from "./first-samples.js";
import type { TarIndex } from "./index-builder.js";
import { scan } from "./scan.js";
import { findShards, type Shard } from "./shards.js";

/** What threads are given. Plain data, arrays in shared memory. */
export interface TarShared {
  readonly shards: readonly Shard[];
  /** Those that are stated, or what the first sample says. */
  readonly columns: TarColumns;
  readonly arrays: Readonly<Record<string, ArrayForm>>;
  /** Names of classes by field. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly images?: ImageSharing;
  /** Where all headers have been read. */
  readonly index?: Omit<TarIndex, "labels">;
  /** Samples before each shard, and of all, where they have been counted. */
  readonly firsts?: readonly number[];
}

export interface TarOpeningOptions {
  readonly shards: string | readonly string[];
  readonly columns?: TarColumns | undefined;
  readonly images: ImageOptions;
  readonly access: "random" | "stream";
}

/** `known` are the facts to be followed. Errors: FILE_NOT_FOUND, FILE_FORMAT, OPTION_INVALID, LABEL_UNKNOWN. */
export async function readTarOpening(
  options: TarOpeningOptions,
  baseUrl: URL,
  known: DatasetFacts | undefined,
  logger: Logger,
): Promise<TarShared> {
  const shards = await findShards(options.shards, baseUrl);
  const archives = new Archives(shards);
  try {
    const columns =
      options.columns ??
      usualColumns((await firstSample(archives, shards)).members.map((each) => each.extension));
    const plan = planOf(columns);
    const isImage = plan.fields.some(({ column, isArray }) => column.kind === "image" && !isArray);
    const images = isImage ? { images: shareImages(options.images, endingsOf(plan), logger) } : {};
    const arrays = await readForms(archives, shards, plan);
    const common = { shards, columns, arrays, ...images };
    const knownOf = (field: string): readonly string[] | undefined =>
      field === "label" ? known?.labels : known?.categories?.[field];
    const stated = options.access === "stream" ? statedLabels(plan, knownOf) : undefined;
    if (stated !== undefined) return { ...common, labels: stated };
    const { labels, firsts, ...index } = await scan(
      archives,
      shards,
      plan,
      knownOf,
      options.columns === undefined,
      logger,
    );
    // A stream keeps nothing of its samples.
    return { ...common, labels, firsts, ...(options.access === "random" && { index }) };
  } finally {
    archives.close();
  }
}

/** The file names that the images of a plan may have. */
function endingsOf({ parts, fields }: Plan): string[] {
  return fields
    .filter(({ column }) => column.kind === "image")
    .flatMap(({ places }) => places.flatMap(({ part }) => parts[part].map((extension) => `.${extension}`)));
}

/** The classes of all fields that hold them, where nothing has to be read for it. */
function statedLabels(
  { fields }: Plan,
  knownOf: (field: string) => readonly string[] | undefined,
): Record<string, readonly string[]> | undefined {
  const labels: Record<string, readonly string[]> = {};
  for (const { column } of fields) {
    if (column.kind !== "class") continue;
    const names = knownOf(column.field) ?? column.labels;
    if (names === undefined) return undefined;
    labels[column.field] = names;
  }
  return labels;
}
