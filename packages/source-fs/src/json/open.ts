/** Files of JSON as a dataset, for all sources that read them. */
import type { ColumnsOption, Dataset, DatasetFacts, Logger } from "@millrace/core";
import { MillraceError } from "@millrace/core";
import type { ImagesOption } from "../csv/image-columns.js";
import { findFiles } from "../files/find.js";
import { inputPath } from "../files/open.js";
import { imageReader, shareImages } from "../images/image-reader.js";
import type { Where } from "../lines/where.js";
import { indexRecords, type OnRecord, type RecordIndex, type RecordScanner } from "../lines/record-index.js";
import { isImage, type JsonSample, jsonDataset } from "./dataset.js";
import { type JsonOpening, learn } from "./opening.js";
import { fieldsOf } from "./options.js";
import { jsonRecords, type RecordForm } from "./records.js";

export interface JsonFormat extends RecordForm {
  readonly mostBytes: number;
  scan(name: string, onRecord: OnRecord): RecordScanner;
}

export interface JsonSettings {
  readonly path: string | readonly string[];
  readonly columns?: ColumnsOption | undefined;
  readonly missing: readonly string[];
  readonly where: Where;
  readonly images: ImagesOption;
  readonly maxUnzippedBytes: number;
}

export interface JsonContext {
  readonly baseUrl: URL;
  readonly facts?: DatasetFacts | undefined;
  readonly shared?: unknown;
  readonly logger: Logger;
}

/** Errors: FILE_NOT_FOUND, FILE_FORMAT, OPTION_INVALID, LABEL_UNKNOWN. */
export async function openJson(
  format: JsonFormat,
  settings: JsonSettings,
  { baseUrl, facts, shared, logger }: JsonContext,
): Promise<Dataset<JsonSample>> {
  const given = shared as JsonOpening | undefined;
  const index = given?.index ?? (await indexed(format, settings, baseUrl));
  const records = jsonRecords(index, format, format.mostBytes);
  try {
    const fields = fieldsOf(settings.columns, () => records);
    const learned = async (): Promise<JsonOpening> => ({
      ...(await learn(index, records, fields, settings, facts, logger)),
      ...(fields.some(isImage) && { images: shareImages(settings.images, undefined, logger) }),
    });
    const opening = given ?? (await learned());
    const { root } = settings.images;
    return jsonDataset(opening, records, fields, settings.missing, {
      root: root === undefined ? undefined : inputPath(root, baseUrl),
      reader: opening.images && imageReader(settings.images, opening.images, logger),
    });
  } catch (error) {
    records.close();
    throw error;
  }
}

async function indexed(
  format: JsonFormat,
  { path, maxUnzippedBytes }: JsonSettings,
  baseUrl: URL,
): Promise<RecordIndex> {
  const files = await findFiles(path, baseUrl, "path");
  const index = await indexRecords(files, "path", maxUnzippedBytes, ({ name }, onRecord) =>
    format.scan(name, onRecord),
  );
  if (index.starts.length > 0) return index;
  const names = files.map(({ name }) => name).join(", ");
  throw new MillraceError("FILE_FORMAT", `there must be samples, but ${names} holds none`, {
    path: ["path"],
    hint: "Name another file in `path`.",
  });
}
