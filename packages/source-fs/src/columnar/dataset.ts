/** A table in files, as a dataset by index or as a stream. */
import {
  type ColumnField,
  type ColumnValues,
  columnTypes,
  type Dataset,
  type DatasetFacts,
  fingerprintFiles,
  type IterableDataset,
  type Logger,
  MillraceError,
} from "@millrace/core";
import type { ImagesOption } from "../csv/image-columns.js";
import { type ImageSharing, imageReader, shareImages } from "../images/image-reader.js";
import { fieldsOf } from "./fields.js";
import { imageFinisher, imageFolder, imagesFingerprint } from "./images.js";
import { factsOf, type Opening, readOpening } from "./opening.js";
import type { ColumnarOptions } from "./options.js";
import { reReading } from "./re-reading.js";
import { type ColumnarSample, Rows } from "./rows.js";
import type { Storage } from "./storage.js";
import { streamOf } from "./stream.js";
import { pathsIn, wholeColumn } from "./whole-column.js";

export interface OpenTable {
  readonly storage: Storage;
  readonly options: ColumnarOptions;
  /** What an opening in another thread gave. */
  readonly given?: TableShared | undefined;
  readonly known: DatasetFacts | undefined;
  readonly logger: Logger | undefined;
  /** How images are read, where a field is one. */
  readonly images: ImageTable;
}

export interface ImageTable {
  readonly options: ImagesOption;
  /** Of the spec. */
  readonly folder: string;
}

/** What `share` gives: the opening, and what the storage knows. */
export interface TableShared {
  readonly opening: Opening;
  readonly storage: unknown;
  readonly images?: ImageSharing;
}

/** @throws MillraceError */
export async function openTable(
  table: OpenTable,
): Promise<Dataset<ColumnarSample> | IterableDataset<ColumnarSample>> {
  const { storage, options, known, logger, given, images } = table;
  const opening =
    given?.opening ??
    (await readOpening(storage, fieldsOf(options, storage.columns, storage.files[0].name), known, logger));
  const { fields } = opening;
  requireRoom(storage, fields, options.cacheBytes);
  const hasImages = fields.some(({ kind }) => kind === "image");
  const sharing = given?.images ?? (hasImages ? shareImages(images.options, undefined, logger) : undefined);
  const reader = sharing && imageReader(images.options, sharing, logger);
  const root = imageFolder(storage, images.options.root, images.folder);
  const rows = new Rows(
    storage,
    opening,
    // The last block is kept in any case, and a stream comes back to none.
    options.access === "stream" ? 0 : options.cacheBytes,
    (column) => reader && imageFinisher(column, reader, storage, root),
  );
  const shared = {
    fields: columnTypes(fields),
    facts: factsOf(opening, Object.keys(options.columns).length > 0),
    share: (): TableShared => ({ opening, storage: storage.shared, ...(sharing && { images: sharing }) }),
    fingerprint: async () => {
      const files = await fingerprintFiles(storage.files.map(({ path }) => path));
      if (reader === undefined) return files;
      const pictures = await imagesFingerprint(fields, storage, root, (field) =>
        pathsIn(storage, opening, field),
      );
      return `${files} ${pictures} ${reader.fingerprint}`;
    },
    close: () => rows.blocks.clear(),
  };
  if (options.access === "stream") return { ...streamOf(rows, storage), ...shared };
  const isPlain = !fields.some(({ kind, width }) => kind === "image" || width === 0);
  const told = reReading(rows.blocks, storage, logger);
  return {
    ...shared,
    length: rows.length,
    get: (index) => rows.get(index),
    async getMany(indices) {
      const samples = await rows.getMany(indices);
      told();
      return samples;
    },
    ...(isPlain && {
      async getBatch(indices, _context, allocator) {
        const batch = await rows.getBatch(indices, allocator);
        told();
        return batch;
      },
    }),
    key: (index) => rows.key(index),
    column: (name): Promise<ColumnValues | undefined> => wholeColumn(storage, opening, name),
  } satisfies Dataset<ColumnarSample>;
}

/** Errors: OPTION_INVALID, before anything is allocated, where one block alone does not fit. */
function requireRoom(storage: Storage, fields: readonly ColumnField[], cacheBytes: number): void {
  const each = fields.reduce((sum, column) => sum + bytesOf(column), 0);
  const largest = storage.rows.indexOf(storage.rows.reduce((most, rows) => Math.max(most, rows), 0));
  const needed = (storage.rows[largest] ?? 0) * each;
  if (needed <= cacheBytes) return;
  const { format, blockName } = storage;
  throw new MillraceError(
    "OPTION_INVALID",
    `a ${blockName} must fit into \`cacheBytes\` (${cacheBytes}), but the largest takes ${needed} bytes: ${storage.rows[largest]} rows of ${each}`,
    {
      path: ["cacheBytes"],
      where: [`${storage.files[storage.fileOf[largest]].name} (${format})`],
      hint: `Raise it, ask for fewer columns, or write the file with fewer rows in each.`,
    },
  );
}

/** Bytes of one value, so far as that is known before any is read. */
function bytesOf({ kind, width, nullable }: ColumnField): number {
  const each =
    kind === "float64" || kind === "date" || (kind === "int32" && nullable)
      ? 8
      : kind === "bool" && !nullable
        ? 1
        : 4;
  return each * Math.max(1, width ?? 1);
}
