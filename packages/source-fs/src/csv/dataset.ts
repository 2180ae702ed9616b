/** A table in a CSV file as a dataset. */
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  columnTypes,
  type Dataset,
  type DatasetFacts,
  type DType,
  type Logger,
  type NdArray,
} from "@millrace/core";
import { gather } from "@millrace/core/dataloader";
import { inputPath } from "../files/open.js";
import { imageReader } from "../images/image-reader.js";
import { lineOf } from "../lines/line-numbers.js";
import { imageRoot, picturesFingerprint, withPictures } from "./image-columns.js";
import { factsOf, readOpening, type Shared } from "./opening.js";
import { type CsvOptions, fieldsOf } from "./options.js";
import { readColumn } from "./other-columns.js";
import { openRowsInFile } from "./rows-in-file.js";
import { storedField } from "./stored.js";

/** One row: its features in the order of the columns, a label where `label` is set, and the fields of `columns`. */
export interface CsvSample {
  readonly features?: Float32Array;
  /** A class index or a number. */
  readonly label?: number;
  readonly [field: string]: unknown;
}

export interface CsvContext {
  readonly baseUrl: URL;
  readonly facts?: DatasetFacts | undefined;
  readonly shared?: unknown;
  readonly logger: Logger;
}

/** Errors: FILE_NOT_FOUND, FILE_FORMAT, OPTION_INVALID, LABEL_UNKNOWN. */
export async function openCsv(
  settings: CsvOptions,
  { baseUrl, facts: known, shared: given, logger }: CsvContext,
): Promise<Dataset<CsvSample>> {
  const path = inputPath(settings.path, baseUrl);
  const fields = fieldsOf(settings);
  if (settings.access === "file") {
    const context = { baseUrl, facts: known, shared: given, logger };
    return openRowsInFile(path, settings, fields, context);
  }
  const shared = (given as Shared | undefined) ?? (await readOpening(path, settings, fields, known, logger));
  const { table, label, classes } = shared;
  const { features, values, lines, rows: length } = table;
  const width = features.length;
  // Numbers to be predicted are float32 in every batch, whole or not.
  const labelType: DType = classes === undefined ? "float32" : "int32";
  const places = new Map(features.map((name, place) => [name, place]));
  const names = new Set(table.names);
  const plain = fields.map((field, i) => storedField(field, shared.stored[i], length));
  const pictures = {
    root: imageRoot(path, settings.images, fileURLToPath(baseUrl)),
    reader: shared.images && imageReader(settings.images, shared.images, logger),
  };
  const columns = withPictures(plain, fields, pictures);
  const arrays: readonly (readonly [string, NdArray])[] = [
    ...(width > 0 ? [["features", { dtype: "float32", shape: [length, width], data: values }] as const] : []),
    ...(label ? [["label", { dtype: labelType, shape: [length], data: label }] as const] : []),
  ];
  return {
    length,
    facts: factsOf(fields, shared),
    fields: {
      ...(width > 0 && { features: { type: "float32", shape: [width] } }),
      ...(label && { label: { type: labelType } }),
      ...columnTypes(fields),
    },
    get(index) {
      const row = checkIndex(index, length);
      const sample: Record<string, unknown> = {};
      if (width > 0) sample.features = values.slice(row * width, (row + 1) * width);
      if (label !== undefined) sample.label = label[row];
      for (let i = 0; i < columns.length; i++) sample[fields[i].field] = columns[i].get(row);
      return sample;
    },
    ...(pictures.reader === undefined && {
      getBatch(indices, _context, allocator) {
        const batch: Record<string, unknown> = {};
        for (const [name, array] of arrays) batch[name] = gather(array, indices, allocator);
        for (let i = 0; i < columns.length; i++)
          batch[fields[i].field] = columns[i].batch(indices, allocator);
        return batch;
      },
    }),
    key: (index) => `${settings.path}:${lineOf(lines, index)}`,
    column(name) {
      if (name === "label" && label !== undefined) return label;
      const typed = plain[fields.findIndex(({ field }) => field === name)]?.column();
      if (typed !== undefined) return typed;
      if (name === settings.label) return classes ? Array.from(label ?? [], (code) => classes[code]) : label;
      const place = places.get(name);
      if (place !== undefined) return Float32Array.from({ length }, (_, row) => values[row * width + place]);
      return names.has(name) ? readColumn(path, settings, name, table) : undefined;
    },
    fingerprint: async () =>
      pictures.reader === undefined
        ? table.fingerprint
        : `${table.fingerprint} ${await picturesFingerprint(plain, fields, pictures, length)}`,
    share: () => shared,
  };
}
