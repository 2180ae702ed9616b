/** Files of records as a dataset, whatever they are written in. */
import type { ColumnField, Dataset, DatasetFacts, ImageOptions, Logger } from "@millrace/core";
import { inputPath } from "../files/open.js";
import { imageReader, shareImages } from "../images/image-reader.js";
import type { RecordIndex } from "../lines/record-index.js";
import { isImage, recordDataset, type RecordSample } from "./dataset.js";
import type { Where } from "../lines/where.js";
import type { ValueStyle } from "./fields.js";
import { learn, type RecordsOpening } from "./opening.js";
import { type FileRecords, fileRecords, type RecordForm } from "./records.js";

export interface RecordFiles {
  readonly format: RecordForm;
  readonly index: RecordIndex;
  readonly fields: (records: FileRecords) => readonly ColumnField[];
  readonly style: ValueStyle & { readonly where: Where };
  /** How files that fields of images name are read, and where they lie, if not beside the file that names them. */
  readonly images: ImageOptions & { readonly root?: string | undefined };
}

/** What a source is created with. */
export interface RecordsContext {
  readonly baseUrl: URL;
  readonly facts?: DatasetFacts | undefined;
  readonly shared?: unknown;
  readonly logger: Logger;
}

/** Errors: FILE_NOT_FOUND, FILE_FORMAT, OPTION_INVALID, LABEL_UNKNOWN. */
export async function openRecords(
  { format, index, fields: fieldsOf, style, images }: RecordFiles,
  { baseUrl, facts, shared, logger }: RecordsContext,
): Promise<Dataset<RecordSample>> {
  const records = fileRecords(index, format);
  try {
    const fields = fieldsOf(records);
    const learned = async (): Promise<RecordsOpening> => ({
      ...(await learn(index, records, fields, style, facts, logger)),
      ...(fields.some(isImage) && { images: shareImages(images, undefined, logger) }),
    });
    const opening = (shared as RecordsOpening | undefined) ?? (await learned());
    const { root } = images;
    return recordDataset(opening, records, fields, style, {
      root: root === undefined ? undefined : inputPath(root, baseUrl),
      reader: opening.images && imageReader(images, opening.images, logger),
    });
  } catch (error) {
    records.close();
    throw error;
  }
}
