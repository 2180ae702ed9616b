/** Where the records of files lie: 8 bytes for each, found once, in memory that all threads share. */
import { fingerprintFiles } from "@millrace/core";
import type { NamedFile } from "../files/find.js";
import { openInput } from "../files/open.js";
import { changed, type StampedFile } from "../files/parts.js";
import { stampOf } from "../files/stamp.js";
import { GrowingRows } from "../memory/growing.js";
import { type LineNumbers, lineCounter } from "./line-numbers.js";
import { isZipped, unzip } from "./unzip.js";

/** Plain data: threads take it as it is. */
export interface RecordFile extends StampedFile {
  /** What a gzip file holds. */
  readonly blocks?: readonly SharedArrayBuffer[];
  /** The index of its first record; records of a file follow each other. */
  readonly first: number;
  /** Where its last record ends at the latest. */
  readonly end: number;
  /** The lines on which its records start. */
  readonly lines: LineNumbers;
}

export interface RecordIndex {
  readonly files: readonly RecordFile[];
  /** Where each record starts in its file, in bytes. */
  readonly starts: Float64Array;
  readonly fingerprint: string;
}

/** Takes the bytes of one file, piece by piece, and says where records start. */
export interface RecordScanner {
  write(piece: Buffer): void;
  /** After the last piece; gives where the last record ends. Errors: FILE_FORMAT. */
  end(): number;
}

/** Is told where a record starts, and on which line, from 1. */
export type OnRecord = (start: number, line: number) => void;

const pieceBytes = 2 ** 20;

/**
 * Indexes the files in their order. `scannerOf` makes what finds the records of a file. gzip is known by its first bytes.
 * Errors: FILE_NOT_FOUND, FILE_FORMAT.
 */
export async function indexRecords(
  files: readonly NamedFile[],
  option: string,
  maxUnzippedBytes: number,
  scannerOf: (file: NamedFile, onRecord: OnRecord) => RecordScanner,
): Promise<RecordIndex> {
  const paths = files.map(({ path }) => path);
  const fingerprint = await fingerprintFiles(paths);
  const starts = new GrowingRows(Float64Array, 1);
  const found: RecordFile[] = [];
  let count = 0;
  let left = maxUnzippedBytes;
  for (const file of files) {
    const first = count;
    const stamp = stampOf(file.path);
    const lines = lineCounter();
    const scanner = scannerOf(file, (start, line) => {
      const at = starts.next();
      starts.block[at] = start;
      lines.push(line);
      count++;
    });
    const blocks = await readThrough(file, option, left, scanner);
    const end = scanner.end();
    for (const { byteLength } of blocks ?? []) left -= byteLength;
    if (stampOf(file.path) !== stamp) throw changed(file.path, "was changed while it was read");
    found.push({ ...file, stamp, ...(blocks && { blocks }), first, end, lines: lines.finish() });
  }
  return { files: found, starts: starts.shared(), fingerprint };
}

/** Hands the whole file to `scanner`; gives what it holds where it is gzipped. */
async function readThrough(
  { name, path }: NamedFile,
  option: string,
  maxUnzippedBytes: number,
  scanner: RecordScanner,
): Promise<readonly SharedArrayBuffer[] | undefined> {
  const file = await openInput(path, option);
  try {
    const buffer = Buffer.allocUnsafeSlow(pieceBytes);
    const { bytesRead: begun } = await file.read(buffer, 0, 2, 0);
    if (begun === 2 && isZipped(buffer)) {
      const { blocks } = await unzip(file, name, maxUnzippedBytes, (piece) => scanner.write(piece));
      return blocks;
    }
    for (let at = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, pieceBytes, at);
      if (bytesRead === 0) return undefined;
      scanner.write(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The file that has the record. */
export function fileOf(files: readonly RecordFile[], record: number): number {
  let low = 0;
  let high = files.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (files[middle].first <= record) low = middle;
    else high = middle - 1;
  }
  return low;
}
