/** From a CSV file's bytes, as they are read, to its rows. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { MillraceError } from "@millrace/core";
import { openInput } from "../files/open.js";
import { isZipped, unzippedPieces } from "../lines/unzip.js";
import { type CsvFormat, type Decoder, decoderOf, dialectOf, markedEncoding } from "./dialect.js";
import { type CsvScanner, csvScanner, type OnRow } from "./scan.js";

const pieceBytes = 1 << 20;
/** Characters that may be kept back until the first line is whole. */
const longestHead = 2 ** 22;

interface CsvReader {
  /** Takes the next bytes; none say that the file ends here. */
  write(bytes: Uint8Array): void;
}

/**
 * Hands every row of the file at `path` to `onRow`; yields after each piece of the file, when its rows have been handed over.
 * A gzip file, which is known by its first bytes, is unzipped on the way.
 * Errors: FILE_NOT_FOUND, naming the option; FILE_FORMAT for quotes, and for bytes that are not text in the encoding;
 * OPTION_INVALID for an unknown encoding.
 */
export async function* readRows(
  path: string,
  format: CsvFormat,
  option: string,
  onRow: OnRow,
): AsyncGenerator<void> {
  const reader = csvReader(path, format, onRow);
  const file = await openInput(path, option);
  try {
    for await (const piece of piecesOf(file, path)) {
      if (piece.length > 0) reader.write(piece);
      yield;
    }
    reader.write(new Uint8Array());
    yield;
  } finally {
    await file.close();
  }
}

/** A piece is written over when the next one is asked for. */
async function* piecesOf(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(pieceBytes);
  for (let isFirst = true; ; isFirst = false) {
    // Without a position, for pipes have none.
    const { bytesRead } = await file.read(buffer, 0, pieceBytes);
    if (bytesRead === 0) return;
    if (isFirst && isZipped(buffer)) {
      yield* unzippedPieces(file, path);
      return;
    }
    yield buffer.subarray(0, bytesRead);
  }
}

/** The same, at once; what a gzip file holds is in memory meanwhile. */
export function readRowsSync(path: string, format: CsvFormat, onRow: OnRow): void {
  const reader = csvReader(path, format, onRow);
  const file = openSync(path, "r");
  try {
    const buffer = new Uint8Array(pieceBytes);
    let bytesRead = readSync(file, buffer, 0, pieceBytes, null);
    if (bytesRead > 1 && isZipped(buffer)) return writeWhole(reader, gunzipSync(readFileSync(path)));
    for (; bytesRead > 0; bytesRead = readSync(file, buffer, 0, pieceBytes, null))
      reader.write(buffer.subarray(0, bytesRead));
    reader.write(new Uint8Array());
  } finally {
    closeSync(file);
  }
}

function writeWhole(reader: CsvReader, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.write(bytes.subarray(at, at + pieceBytes));
  reader.write(new Uint8Array());
}

function csvReader(path: string, format: CsvFormat, onRow: OnRow): CsvReader {
  let decoder = decoderOf(format.encoding);
  let isFirst = true;
  let head = "";
  let scanner: CsvScanner | undefined;
  const placeBehind = (text: string | undefined): string => {
    if (text === undefined) return path;
    return `${path}:${scanner?.lineBehind(text) ?? `${head}${text}`.split("\n").length}`;
  };
  return {
    write(bytes) {
      const isLast = bytes.length === 0;
      const marked = isFirst ? markedEncoding(bytes) : undefined;
      if (marked !== undefined) decoder = decoderOf(marked);
      let text = "";
      try {
        text = decoder.decode(bytes, { stream: !isLast });
      } catch (cause) {
        throw notText(placeBehind(textBefore(decoder.encoding, bytes)), decoder, cause);
      }
      if (isFirst) refuseNul(placeBehind, decoder, text);
      isFirst = false;
      if (scanner === undefined) {
        head += text;
        const mayEnd = isLast || head.length > longestHead;
        const dialect = mayEnd || /[\r\n]/.test(text) ? dialectOf(path, format, head, mayEnd) : undefined;
        if (dialect === undefined) return;
        scanner = csvScanner(path, dialect, onRow);
        scanner.write(head);
        head = "";
      } else scanner.write(text);
      if (isLast) scanner.end();
    },
  };
}

function notText(place: string, { encoding }: Decoder, cause: unknown): MillraceError {
  return new MillraceError("FILE_FORMAT", `a CSV file must be text in ${encoding}, is not`, {
    where: [place],
    cause,
    hint: 'Set `encoding`, such as "latin1" or "utf-16le".',
  });
}

/** What stands before the first byte that is no UTF-8; undefined in other encodings, where a byte alone says nothing. */
function textBefore(encoding: string, bytes: Uint8Array): string | undefined {
  if (encoding !== "utf-8") return undefined;
  // The character before may have begun in the piece before.
  let start = 0;
  while (start < 3 && (bytes[start] & 0xc0) === 0x80) start++;
  let [good, bad] = [start, bytes.length];
  while (good + 1 < bad) {
    const middle = (good + bad) >> 1;
    try {
      decoderOf(encoding).decode(bytes.subarray(start, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, good - start).toString("utf8");
}

/** Text in UTF-16 without a mark is valid UTF-8, every other character of it U+0000. */
export function refuseNul(
  placeBehind: (text: string) => string,
  { encoding }: Pick<Decoder, "encoding">,
  text: string,
): void {
  const at = text.indexOf("\0");
  if (at === -1) return;
  throw new MillraceError("FILE_FORMAT", `a CSV file must be text in ${encoding}, but holds U+0000`, {
    where: [placeBehind(text.slice(0, at))],
    hint: 'Set `encoding`, such as "utf-16le"; or is it no CSV file?',
  });
}
