/** Records as a dataset: each is read and taken apart when it is asked for. */
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  type Allocator,
  checkIndex,
  type ColumnField,
  columnType,
  columnTypes,
  type ColumnValues,
  type Dataset,
  type DType,
  fingerprintFiles,
  type ImageReader,
} from "@millrace/core";
import { lookAt } from "../lines/paths.js";
import { factsOf, fieldReaders, type ImageOf, type ValueStyle } from "./fields.js";
import type { RecordsOpening } from "./opening.js";
import type { FileRecords } from "./records.js";

/** Where the pictures that samples name lie, by default beside the file that names them, and how they are read. */
export interface Pictures {
  readonly root: string | undefined;
  readonly reader: ImageReader | undefined;
}

/** The fields that were asked for. */
export type RecordSample = Readonly<Record<string, unknown>>;

export function recordDataset(
  opening: RecordsOpening,
  records: FileRecords,
  fields: readonly ColumnField[],
  style: ValueStyle,
  pictures: Pictures,
): Dataset<RecordSample> {
  const { index, names, kept } = opening;
  const length = kept?.length ?? index.starts.length;
  const pathOf = (path: string, folder: string): string => resolve(pictures.root ?? folder, path);
  const imageOf: ImageOf = (path, folder) => pictures.reader?.image({ name: pathOf(path, folder) });
  const readers = fieldReaders(fields, style, names, imageOf);
  const rowOf = (at: number): number => {
    const checked = checkIndex(at, length);
    return kept === undefined ? checked : kept[checked];
  };
  const samples = (indices: readonly number[]): RecordSample[] =>
    records.read(indices.map(rowOf), (record) => {
      const sample: Record<string, unknown> = {};
      for (const { column, read } of readers) sample[column.field] = read(record);
      return sample;
    });
  /** Of each sample the same, one after the other. */
  const all = async <T>(use: Parameters<typeof records.read<T>>[1]): Promise<T[]> => {
    const found: T[] = [];
    for (let start = 0; start < length; start += atOnce) {
      const rows = Array.from({ length: Math.min(atOnce, length - start) }, (_, i) => rowOf(start + i));
      for (const each of records.read(rows, use)) found.push(each);
      await setImmediate();
    }
    return found;
  };
  return {
    length,
    facts: factsOf(fields, names),
    fields: columnTypes(fields),
    get: (at) => samples([at])[0],
    getMany: samples,
    ...(fields.every(isStackable) && {
      getBatch(indices, _context, allocator) {
        const columns = fields.map((column) => batchColumn(column, indices.length, allocator));
        let row = 0;
        records.read(indices.map(rowOf), (record) => {
          for (const [i, { read }] of readers.entries()) columns[i].set(row, read(record));
          row++;
        });
        return Object.fromEntries(fields.map(({ field }, i) => [field, columns[i].made]));
      },
    }),
    key: (at) => records.keyOf(rowOf(at)),
    column(name) {
      const reader = readers.find(({ column }) => column.field === name);
      if (reader === undefined) {
        const look = lookAt(name);
        return all(({ value }) => look(value)).then(numbersOrTexts);
      }
      const { kind, width } = reader.column;
      if (width !== undefined || kind === "bool" || kind === "bytes" || kind === "image" || kind === "json")
        return undefined;
      const isText = kind === "text";
      return all(
        (record) => (reader.read(record) ?? (isText ? null : Number.NaN)) as number | string | null,
      ).then((values) => numbersOrTexts(values));
    },
    fingerprint: async () => {
      if (pictures.reader === undefined) return index.fingerprint;
      const paths = fieldReaders(fields.filter(isImage), style, names, pathOf);
      const files = await all((record) => paths.map(({ read }) => read(record)).filter(isText));
      return `${index.fingerprint} ${await fingerprintFiles(files.flat())} ${pictures.reader.fingerprint}`;
    },
    share: () => opening,
    close: records.close,
  };
}

/** Samples that are read at once. */
const atOnce = 1024;

function numbersOrTexts(values: readonly unknown[]): ColumnValues | undefined {
  const fits = values.every((value) => typeof value === "number" || typeof value === "string");
  return fits && values.length > 0 ? values : undefined;
}

export function isImage({ kind }: ColumnField): boolean {
  return kind === "image";
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Lists of any lengths make no array, images are files still, and JSON is whatever it is. */
function isStackable({ kind, width }: ColumnField): boolean {
  return width !== 0 && kind !== "image" && kind !== "json";
}

/** A column of a batch of `count` samples. */
function batchColumn(column: ColumnField, count: number, allocator: Allocator) {
  const { type, shape = [] } = columnType(column);
  if (type === "text" || type === "bytes") {
    const made: unknown[] = [];
    return { made, set: (_row: number, value: unknown) => made.push(value) };
  }
  const [width] = shape;
  const dtype = type === "date" ? "float64" : (type as DType);
  const made = allocator.allocate(dtype, [count, ...(shape as readonly number[])]);
  const { data } = made;
  if (width === undefined || width === null) {
    return {
      made,
      set: (row: number, value: unknown) => {
        data[row] = value === null ? Number.NaN : Number(value);
      },
    };
  }
  return { made, set: (row: number, value: unknown) => data.set(value as ArrayLike<number>, row * width) };
}
