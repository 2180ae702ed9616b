/** Records in files, of JSON or CSV: their text, read when it is asked for, and where it stands. */
import { dirname } from "node:path";
import { MillraceError } from "@millrace/core";
import { lineAndColumn, textOf } from "../lines/decode.js";
import { placeOf } from "../lines/faults.js";
import { lineOf } from "../lines/line-numbers.js";
import { type RecordReader, recordReader } from "../lines/read-records.js";
import { fileOf, type RecordIndex } from "../lines/record-index.js";

/** What the text of a record states. */
export interface Parsed {
  /** An object, or a list. */
  readonly value: object;
  /** Where in the text the value stands that `path` leads to. */
  readonly positionOf: (path: readonly string[]) => number;
}

/** How records stand in a file: each on a line, as elements of one list, as rows of a table. */
export interface RecordForm {
  /** Of one record. */
  readonly mostBytes: number;
  /** Of the bytes from a record to the next, those that are its own. */
  cut(bytes: Buffer): Buffer;
  /** `place` names positions in the text. Errors: FILE_FORMAT. */
  parse(text: string, place: (position: number) => string): Parsed;
  /** What the record is called, by its index in its file and its line. */
  keyOf(name: string, index: number, line: number): string;
}

export interface FileRecord {
  /** What it states: an object, or a list. */
  readonly value: object;
  /** Where its file lies: paths in it start there. */
  readonly folder: string;
  /** Where the value stands that `path` leads to, in the file. */
  placeOf(path: readonly string[]): string;
}

export interface FileRecords {
  /** One after the other: each is read before it is handed to `use`. Errors: FILE_NOT_FOUND, FILE_FORMAT, DATASET_CLOSED. */
  read<T>(indices: readonly number[], use: (record: FileRecord) => T): T[];
  /** The same, where one that is no record is undefined. */
  readSound<T>(indices: readonly number[], use: (record: FileRecord) => T): (T | undefined)[];
  readonly keyOf: (index: number) => string;
  readonly close: () => void;
}

export function fileRecords(index: RecordIndex, form: RecordForm): FileRecords {
  const { files } = index;
  const reader = recordReader(index, form.mostBytes + spareBytes);
  const locate = (record: number): readonly [name: string, line: number] => {
    const { name, lines, first } = files[fileOf(files, record)];
    return [name, lineOf(lines, record - first)];
  };
  const recordOf = (record: number, bytes: Buffer): FileRecord => {
    const [name, line] = locate(record);
    const text = textOf(form.cut(bytes), name, line);
    const place = (position: number): string => {
      const [lines, column] = lineAndColumn(text, position);
      return placeOf(name, line + lines, lines === 0 ? column + columnsBefore(reader, record) : column);
    };
    const { value, positionOf } = form.parse(text, place);
    const folder = dirname(files[fileOf(files, record)].path);
    return { value, folder, placeOf: (path) => place(positionOf(path)) };
  };
  const bytesOf = (indices: readonly number[]): Buffer[] =>
    reader.read(indices.map((record) => ({ first: record, last: record + 1 })));
  return {
    read: (indices, use) => bytesOf(indices).map((bytes, i) => use(recordOf(indices[i], bytes))),
    readSound: (indices, use) =>
      bytesOf(indices).map((bytes, i) => {
        try {
          return use(recordOf(indices[i], bytes));
        } catch (error) {
          if (error instanceof MillraceError && error.code === "FILE_FORMAT") return undefined;
          throw error;
        }
      }),
    keyOf(record) {
      const [name, line] = locate(record);
      return form.keyOf(name, record - files[fileOf(files, record)].first, line);
    },
    close: reader.close,
  };
}

/** Of a line its end, which is none of it. */
const spareBytes = 2;

/** Bytes that are looked at for the start of a line. */
const longestLine = 2 ** 24;

/** Units of UTF-16 that stand before a record on its line. */
function columnsBefore(reader: RecordReader, record: number): number {
  const bytes = reader.before(record, longestLine);
  return bytes
    .subarray(bytes.lastIndexOf(10) + 1)
    .toString("utf8")
    .replace(/^\ufeff/, "").length;
}
