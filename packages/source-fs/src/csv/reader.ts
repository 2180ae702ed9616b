/** From a CSV file's bytes, as they are read, to its rows. */
import { closeSync, openSync, readSync } from "node:fs";
import { MillraceError } from "@millrace/core";
import { openInput } from "../files/open.js";
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
    const buffer = new Uint8Array(pieceBytes);
    while (true) {
      const { bytesRead } = await file.read(buffer, 0, pieceBytes);
      reader.write(buffer.subarray(0, bytesRead));
      yield;
      if (bytesRead === 0) return;
    }
  } finally {
    await file.close();
  }
}

/** The same, at once. */
export function readRowsSync(path: string, format: CsvFormat, onRow: OnRow): void {
  const reader = csvReader(path, format, onRow);
  const file = openSync(path, "r");
  try {
    const buffer = new Uint8Array(pieceBytes);
    for (let bytesRead = -1; bytesRead !== 0; ) {
      bytesRead = readSync(file, buffer, 0, pieceBytes, null);
      reader.write(buffer.subarray(0, bytesRead));
    }
  } finally {
    closeSync(file);
  }
}

function csvReader(path: string, format: CsvFormat, onRow: OnRow): CsvReader {
  let decoder = decoderOf(format.encoding);
  let isFirst = true;
  let head = "";
  let scanner: CsvScanner | undefined;
  return {
    write(bytes) {
      const isLast = bytes.length === 0;
      const marked = isFirst ? markedEncoding(bytes) : undefined;
      if (marked !== undefined) decoder = decoderOf(marked);
      const text = decoded(path, decoder, bytes);
      if (isFirst) refuseNul(path, decoder, text);
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

function decoded(path: string, decoder: Decoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes.length > 0 });
  } catch (cause) {
    throw new MillraceError("FILE_FORMAT", `a CSV file must be text in ${decoder.encoding}, is not`, {
      where: [path],
      cause,
      hint: 'Set `encoding`, such as "latin1" or "utf-16le".',
    });
  }
}

/** Text in UTF-16 without a mark is valid UTF-8, every other character of it U+0000. */
function refuseNul(path: string, { encoding }: Decoder, text: string): void {
  if (!text.includes("\0")) return;
  throw new MillraceError("FILE_FORMAT", `a CSV file must be text in ${encoding}, but holds U+0000`, {
    where: [path],
    hint: 'Set `encoding`, such as "utf-16le"; or is it no CSV file?',
  });
}
