/** Bytes of records by their indices: neighbours are read together. */
import { fileReader, type FileReader, type Part, readParts } from "../files/parts.js";
import { fileOf, type RecordIndex } from "./record-index.js";
import { blockBytes } from "./unzip.js";

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

/** `longest` is the most bytes of one record; what lies behind them, up to the next record, is not read. */
export function recordReader({ files, starts }: RecordIndex, longest: number): RecordReader {
  const stored = fileReader(files);
  const read: FileReader["read"] = (part, isKnown) => {
    const { blocks } = files[part.file];
    return blocks === undefined ? stored.read(part, isKnown) : fromBlocks(blocks, part);
  };
  const partOf = ({ first, last }: Span): Part => {
    const file = fileOf(files, first);
    const next = file + 1 < files.length ? files[file + 1].first : starts.length;
    const end = last < next ? starts[last] : files[file].end;
    return { file, start: starts[first], end: Math.min(end, starts[last - 1] + longest) };
  };
  return {
    read: (spans) => readParts(spans.map(partOf), read),
    before(record, most) {
      const end = starts[record];
      return read({ file: fileOf(files, record), start: Math.max(0, end - most), end });
    },
    close: () => stored.close(),
  };
}

function fromBlocks(blocks: readonly SharedArrayBuffer[], { start, end }: Part): Buffer {
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
