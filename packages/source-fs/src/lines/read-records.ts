/** Bytes of records by their indices: neighbours are read together. */
import { closeSync, openSync, readSync } from "node:fs";
import { fileFault, MillraceError } from "@millrace/core";
import { stampOf } from "../files/stamp.js";
import { changed } from "./faults.js";
import { fileOf, type RecordFile, type RecordIndex } from "./record-index.js";
import { blockBytes } from "./unzip.js";

/** Bytes between two records that are rather read than left out: a read costs about as much. */
const smallGap = 2 ** 13;
/** Bytes of one read of several records. */
const longestRead = 2 ** 22;
/** Files that one thread keeps open. */
const mostOpen = 64;

/** The records from `first` to before `last`, which lie in one file. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface RecordReader {
  /** From the start of each span to where the record behind it starts. Errors: FILE_NOT_FOUND, FILE_FORMAT, DATASET_CLOSED. */
  readonly read: (spans: readonly Span[]) => Buffer[];
  /** What stands before a record in its file, at most so many bytes of it. */
  readonly before: (record: number, most: number) => Buffer;
  readonly close: () => void;
}

interface Place {
  readonly file: number;
  readonly start: number;
  readonly end: number;
  /** Which of the spans. */
  readonly at: number;
}

/** `longest` is the most bytes of one record; what lies behind them, up to the next record, is not read. */
export function recordReader({ files, starts }: RecordIndex, longest: number): RecordReader {
  const opened = openFiles(files);
  const placeOf = ({ first, last }: Span, at: number): Place => {
    const file = fileOf(files, first);
    const { first: own, end: fileEnd } = files[file];
    const next = file + 1 < files.length ? files[file + 1].first : starts.length;
    const start = starts[first];
    const end = last < next && last > own ? starts[last] : fileEnd;
    return { file, start, end: Math.min(end, starts[last - 1] + longest), at };
  };
  return {
    read(spans) {
      const places = spans.map(placeOf);
      const found = new Array<Buffer>(spans.length);
      for (const group of neighbours(places)) {
        const [{ file, start }] = group;
        const end = Math.max(...group.map((place) => place.end));
        const bytes = opened.read(file, start, end);
        for (const place of group) found[place.at] = bytes.subarray(place.start - start, place.end - start);
      }
      return found;
    },
    before(record, most) {
      const start = starts[record];
      return opened.read(fileOf(files, record), Math.max(0, start - most), start);
    },
    close: () => opened.close(),
  };
}

/** The places, sorted, in groups of which each is worth one read. */
function neighbours(places: readonly Place[]): Place[][] {
  const sorted = [...places].sort((a, b) => a.file - b.file || a.start - b.start);
  const groups: Place[][] = [];
  let end = 0;
  for (const place of sorted) {
    const group = groups.at(-1);
    const isNear =
      group !== undefined &&
      group[0].file === place.file &&
      place.start - end <= smallGap &&
      place.end - group[0].start <= longestRead;
    if (isNear) group.push(place);
    else groups.push([place]);
    end = isNear ? Math.max(end, place.end) : place.end;
  }
  return groups;
}

/** Files that are opened when they are first read, and looked at before each read: they must be those that were indexed. */
function openFiles(files: readonly RecordFile[]) {
  const handles = new Map<number, number>();
  let isClosed = false;
  const handleOf = (file: number): number => {
    const known = handles.get(file);
    if (known !== undefined) return known;
    if (handles.size === mostOpen) {
      const [oldest] = handles;
      handles.delete(oldest[0]);
      closeSync(oldest[1]);
    }
    const handle = openSync(files[file].path, "r");
    handles.set(file, handle);
    return handle;
  };
  return {
    read(file: number, start: number, end: number): Buffer {
      const { name, path, stamp, blocks } = files[file];
      if (isClosed)
        throw new MillraceError("DATASET_CLOSED", `a dataset must not be read after close: "${name}"`);
      if (blocks !== undefined) return fromBlocks(blocks, start, end);
      const now = stampOf(path);
      if (now !== stamp) throw now === undefined ? gone(path) : changed(path);
      const bytes = Buffer.allocUnsafe(end - start);
      try {
        const handle = handleOf(file);
        for (let at = 0; at < bytes.length; ) {
          const count = readSync(handle, bytes, at, bytes.length - at, start + at);
          if (count === 0) throw changed(path);
          at += count;
        }
      } catch (error) {
        throw fileFault(error, path, "cannot be read");
      }
      return bytes;
    },
    close() {
      isClosed = true;
      for (const handle of handles.values()) closeSync(handle);
      handles.clear();
    },
  };
}

function gone(path: string): MillraceError {
  return new MillraceError("FILE_NOT_FOUND", `file ${path} is no longer there`, {
    hint: "Samples are read when they are asked for: keep the file in its place.",
  });
}

function fromBlocks(blocks: readonly SharedArrayBuffer[], start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let at = start; at < end; ) {
    const within = at % blockBytes;
    const block = new Uint8Array(blocks[Math.floor(at / blockBytes)]);
    const part = block.subarray(within, Math.min(block.length, within + end - at));
    bytes.set(part, at - start);
    at += part.length;
  }
  return bytes;
}
