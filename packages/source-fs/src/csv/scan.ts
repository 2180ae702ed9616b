/** Splits CSV text into rows as it arrives (RFC 4180), and refuses what other readers silently repair. */
import { MillraceError } from "@millrace/core";

/** Receives the values of one row, and the line it starts on, from 1. */
export type OnRow = (values: readonly string[], line: number) => void;

export interface CsvScanner {
  write(text: string): void;
  /** Must follow the last `write`: hands out a last row that has no line end. */
  end(): void;
}

/**
 * Rows end at a line feed, with or without a carriage return before it; blank lines are skipped. Values may be quoted,
 * with quotes doubled inside. `path` is for messages.
 * Errors: FILE_FORMAT for a quote that is never closed, and for text after a closing quote.
 */
export function csvScanner(path: string, delimiter: string, onRow: OnRow): CsvScanner {
  let rest = "";
  let line = 1;

  function scan(text: string, isLast: boolean): void {
    let position = 0;
    let nextQuote = text.indexOf('"');
    while (position < text.length) {
      if (nextQuote !== -1 && nextQuote < position) nextQuote = text.indexOf('"', position);
      const found = text.indexOf("\n", position);
      if (found === -1 && !isLast) break;
      const end = found === -1 ? text.length : found;
      if (nextQuote === -1 || nextQuote >= end) {
        const content = text.slice(position, text[end - 1] === "\r" ? end - 1 : end);
        if (content.length > 0) onRow(content.split(delimiter), line);
        line++;
        position = end + 1;
      } else {
        const row = quotedRow({ text, isLast, path, delimiter, line }, position);
        if (row === undefined) break;
        onRow(row.values, line);
        line += row.lines;
        position = row.next;
      }
    }
    rest = text.slice(position);
  }

  return { write: (text) => scan(rest + text, false), end: () => scan(rest, true) };
}

interface Text {
  readonly text: string;
  /** Nothing comes after `text`. */
  readonly isLast: boolean;
  readonly path: string;
  readonly delimiter: string;
  /** Where the row starts, for messages. */
  readonly line: number;
}

interface Value {
  readonly value: string;
  /** The delimiter, the line feed or the end of the text. */
  readonly end: number;
}

/** The row at `start`, a quote in it somewhere; undefined if text that is still to come belongs to it. */
function quotedRow(
  source: Text,
  start: number,
): { values: string[]; lines: number; next: number } | undefined {
  const { text, isLast, delimiter } = source;
  const values: string[] = [];
  let lines = 1;
  let position = start;
  while (true) {
    const found =
      text[position] === '"' ? quotedValue(source, position + 1) : plainValue(text, position, delimiter);
    if (found === undefined || (found.end >= text.length && !isLast)) return undefined;
    values.push(found.value);
    if (text[position] === '"') lines += found.value.split("\n").length - 1;
    position = found.end + 1;
    if (text[found.end] !== delimiter) return { values, lines, next: position };
  }
}

function plainValue(text: string, start: number, delimiter: string): Value {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n") end++;
  const isLineEnd = text[end] !== delimiter;
  return { value: text.slice(start, isLineEnd && text[end - 1] === "\r" ? end - 1 : end), end };
}

/** The value whose opening quote stands before `start`. */
function quotedValue(source: Text, start: number): Value | undefined {
  const { text, isLast, delimiter } = source;
  let close = text.indexOf('"', start);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close === -1) {
    if (!isLast) return undefined;
    throw faulty(source, "a quoted value must be closed, but the file ends inside one");
  }
  const value = text.slice(start, close).replaceAll('""', '"');
  let end = close + 1;
  if (text[end] === "\r" && (end + 1 >= text.length || text[end + 1] === "\n")) end++;
  if (end >= text.length || text[end] === delimiter || text[end] === "\n") return { value, end };
  const tail = JSON.stringify(text.slice(close + 1, close + 11));
  throw faulty(source, `a quoted value must end at its closing quote, was followed by ${tail}`);
}

function faulty({ path, line }: Text, message: string): MillraceError {
  return new MillraceError("FILE_FORMAT", message, {
    where: [`${path}:${line}`],
    hint: "Write a quote inside a quoted value twice.",
  });
}
