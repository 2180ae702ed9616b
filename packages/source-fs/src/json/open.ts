/** Files of JSON as a dataset, for all sources that read them. */
import { type ColumnsOption, type Dataset, MillraceError } from "@millrace/core";
import { findFiles } from "../files/find.js";
import type { ImagesOption } from "../csv/image-columns.js";
import { indexRecords, type OnRecord, type RecordIndex, type RecordScanner } from "../lines/record-index.js";
import type { Where } from "../lines/where.js";
import type { RecordSample } from "../records/dataset.js";
import { openRecords, type RecordsContext } from "../records/open.js";
import type { RecordsOpening } from "../records/opening.js";
import type { FileRecords, RecordForm } from "../records/records.js";
import { fieldsOf } from "./options.js";

export interface JsonFormat extends RecordForm {
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

/** Errors: FILE_NOT_FOUND, FILE_FORMAT, OPTION_INVALID, LABEL_UNKNOWN. */
export async function openJson(
  format: JsonFormat,
  settings: JsonSettings,
  context: RecordsContext,
): Promise<Dataset<RecordSample>> {
  const given = context.shared as RecordsOpening | undefined;
  const index = given?.index ?? (await indexed(format, settings, context.baseUrl));
  const fields = (records: FileRecords) => fieldsOf(settings.columns, records);
  return openRecords({ format, index, fields, style: settings, images: settings.images }, context);
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
