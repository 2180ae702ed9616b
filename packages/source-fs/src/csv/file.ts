/** Reads a CSV file piece by piece: delimiter, header and rows of equal length. */
import type { FileHandle } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import { type CsvScanner, csvScanner, type OnRow } from "./scan.js";
import { openInput } from "../input-file.js";

export interface CsvFormat {
  /** One character, or "auto": whichever of comma, semicolon, tab and bar the first line has most of. */
  readonly delimiter: string;
  /** The first row names the columns; otherwise they are "0", "1", … */
  readonly header: boolean;
  /** A WHATWG encoding label. */
  readonly encoding: string;
}

export type Decoder = InstanceType<typeof TextDecoder>;

const pieceBytes = 1 << 20;

/**
 * Calls `onHeader` once with the column names; what it returns receives the rows.
 * Errors: FILE_NOT_FOUND, FILE_FORMAT (no rows, ragged rows, repeated column names, bytes that are not text in the
 * encoding), OPTION_INVALID for an unknown encoding.
 */
export async function readCsv(
  path: string,
  format: CsvFormat,
  onHeader: (names: readonly string[]) => OnRow,
): Promise<void> {
  const decoder = decoderOf(format.encoding);
  const file = await openInput(path, "path");
  try {
    const rows = checkedRows(path, format.header, onHeader);
    let scanner: CsvScanner | undefined;
    for await (const text of textPieces(file, path, decoder)) {
      scanner ??= csvScanner(path, delimiterOf(format, text), rows.onRow);
      scanner.write(text);
    }
    scanner?.end();
    if (rows.count() > 0) return;
    const what = scanner === undefined ? "is empty" : "has a header and no rows";
    throw new MillraceError("FILE_FORMAT", `a CSV file must have rows, but ${path} ${what}`, {
      hint: format.header
        ? "Set `header` to false if the first line is data."
        : "Name another file in `path`.",
    });
  } finally {
    await file.close();
  }
}

/** The file's text as it is read. Errors: FILE_FORMAT for bytes that are not text in the encoding. */
export async function* textPieces(file: FileHandle, path: string, decoder: Decoder): AsyncGenerator<string> {
  const buffer = new Uint8Array(pieceBytes);
  while (true) {
    const { bytesRead } = await file.read(buffer, 0, pieceBytes);
    let text: string;
    try {
      text = decoder.decode(buffer.subarray(0, bytesRead), { stream: bytesRead > 0 });
    } catch (cause) {
      throw new MillraceError("FILE_FORMAT", `a CSV file must be text in ${decoder.encoding}`, {
        where: [path],
        cause,
        hint: 'Set `encoding`, such as "latin1".',
      });
    }
    if (text !== "") yield text;
    if (bytesRead === 0) return;
  }
}

export function decoderOf(encoding: string): Decoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new MillraceError("OPTION_INVALID", `encoding must be a known text encoding, was "${encoding}"`, {
      cause,
      hint: 'Use a name such as "utf-8", "latin1" or "utf-16le".',
    });
  }
}

function checkedRows(path: string, header: boolean, onHeader: (names: readonly string[]) => OnRow) {
  let columns = -1;
  let count = 0;
  let forward: OnRow | undefined;
  const onRow: OnRow = (values, line) => {
    if (forward === undefined) {
      columns = values.length;
      forward = onHeader(header ? checkedNames(path, values) : values.map((_, i) => `${i}`));
      if (header) return;
    }
    if (values.length !== columns) throw ragged(path, line, values.length, columns);
    forward(values, line);
    count++;
  };
  return { onRow, count: () => count };
}

function checkedNames(path: string, names: readonly string[]): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new MillraceError("FILE_FORMAT", `column names must differ, but "${twice}" stands there twice`, {
    where: [path],
    hint: "Rename one of them, or set `header` to false if the first line is data.",
  });
}

function ragged(path: string, line: number, found: number, columns: number): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `every row must have ${columns} values, as the first line has, but one has ${found}`,
    {
      where: [`${path}:${line}`],
      hint: "Correct the line; a value that holds the delimiter must be quoted.",
    },
  );
}

export function delimiterOf({ delimiter }: CsvFormat, text: string): string {
  if (delimiter !== "auto") return delimiter;
  const firstLine = (/^[\r\n]*([^\n]*)/.exec(text)?.[1] ?? "").replace(/"[^"]*"/g, "");
  let best = ",";
  for (const candidate of [",", ";", "\t", "|"]) {
    if (firstLine.split(candidate).length > firstLine.split(best).length) best = candidate;
  }
  return best;
}
