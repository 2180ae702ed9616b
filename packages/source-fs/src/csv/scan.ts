/** Splits CSV text into rows as it arrives (RFC 4180), and refuses what other readers silently repair. */
import { MillraceError } from "@millrace/core";
import type { CsvDialect } from "./dialect.js";

/** Receives the values of one row, and the line it starts on, from 1. */
export type OnRow = (values: readonly string[], line: number) => void;

export interface CsvScanner {
  write(text: string): void;
  /** The line on which what follows `text` stands, were it written. */
  lineBehind(text: string): number;
  /** Must follow the last `write`: hands out a last row that has no line end. */
  end(): void;
}

/** Characters of one quoted value: a quote that is never closed is found after so many, not at the end of the file. */
const longestValue = 2 ** 24;
/** Characters of one row. */
const longestRow = 2 ** 25;

/** A row with a quote in it, part of which is still to come. */
interface OpenRow {
  readonly values: string[];
  /** The line on which the value begins that is being read. */
  line: number;
  /** Characters of the values so far. */
  taken: number;
  /** How much of the value being read holds no closing quote. */
  searched: number;
}

/**
 * Rows end at the dialect's line end; blank lines are skipped, and so are those that begin with the dialect's comment. Values may
 * be quoted by the dialect's quote, which is doubled inside. `path` is for messages.
 * Errors: FILE_FORMAT for a quote that is never closed, for text after a closing quote, for a row that does not end;
 * each names the line where that begins.
 */
export function csvScanner(path: string, dialect: CsvDialect, onRow: OnRow): CsvScanner {
  const { delimiter, quote, lineEnd, comment } = dialect;
  /** Text of a row, or of a value in it, that is not whole yet; only joined when it may be. */
  let rest: string[] = [];
  let restLength = 0;
  /** The line on which the row at the start of `rest` begins. */
  let line = 1;
  let open: OpenRow | undefined;

  function write(text: string): void {
    rest.push(text);
    restLength += text.length;
    if (open === undefined && restLength > longestRow) throw endlessRow(path, line);
    if (open !== undefined || text.includes(lineEnd) || quoteIn(text, 0) !== -1) scan(rest.join(""), false);
  }

  function quoteIn(text: string, from: number): number {
    return quote === null ? -1 : text.indexOf(quote, from);
  }

  function scan(text: string, isLast: boolean): void {
    let position = open === undefined ? 0 : goOn(open, text, 0, isLast);
    let nextQuote = quoteIn(text, position);
    while (position < text.length && open === undefined) {
      if (nextQuote !== -1 && nextQuote < position) nextQuote = quoteIn(text, position);
      const found = text.indexOf(lineEnd, position);
      const end = found === -1 ? text.length : found;
      if (comment !== undefined && text.startsWith(comment, position)) {
        if (found === -1 && !isLast) break;
        line++;
        position = end + 1;
        continue;
      }
      if (nextQuote !== -1 && nextQuote < end) {
        open = { values: [], line, taken: 0, searched: 0 };
        position = goOn(open, text, position, isLast);
      } else if (found === -1 && !isLast) {
        break;
      } else {
        const content = text.slice(position, withoutReturn(text, position, end));
        if (content.length > 0) onRow(content.split(delimiter), line);
        line++;
        position = end + 1;
      }
    }
    rest = [text.slice(position)];
    restLength = rest[0].length;
  }

  /** Reads the values of an open row from `start`; returns where the next row, or the value that is not whole yet, starts. */
  function goOn(row: OpenRow, text: string, start: number, isLast: boolean): number {
    for (let position = start; ; ) {
      const isQuoted = text[position] === quote;
      const end = isQuoted ? endOfQuoted(row, text, position, isLast) : endOfPlain(text, position);
      if (end === undefined || (end >= text.length && !isLast)) {
        if (row.taken + text.length - position > longestRow) throw endlessRow(path, line);
        return position;
      }
      if (isQuoted) {
        const value = text
          .slice(position + 1, text.lastIndexOf(quote, end - 1))
          .replaceAll(quote + quote, quote);
        row.values.push(value);
        row.line += value.split(lineEnd).length - 1;
      } else row.values.push(text.slice(position, withoutReturn(text, position, end)));
      row.searched = 0;
      row.taken += end + 1 - position;
      position = end + 1;
      if (text[end] === delimiter) continue;
      open = undefined;
      onRow(row.values, line);
      line = row.line + 1;
      return position;
    }
  }

  function endOfPlain(text: string, start: number): number {
    let end = start;
    while (end < text.length && text[end] !== delimiter && text[end] !== lineEnd) end++;
    return end;
  }

  /** Where the delimiter, line end or end of the text follows the closing quote; undefined if that is still to come. */
  function endOfQuoted(row: OpenRow, text: string, start: number, isLast: boolean): number | undefined {
    let close = quoteIn(text, start + Math.max(1, row.searched));
    while (close !== -1 && text[close + 1] === quote) close = quoteIn(text, close + 2);
    if (close === -1) {
      row.searched = text.length - start;
      if (isLast) throw faulty(path, row.line, "a quoted value must be closed, but the file ends inside one");
      if (row.searched > longestValue) throw endlessValue(path, row.line);
      return undefined;
    }
    row.searched = close - start;
    let end = close + 1;
    if (lineEnd === "\n" && text[end] === "\r" && (end + 1 >= text.length || text[end + 1] === "\n")) end++;
    if (end >= text.length || text[end] === delimiter || text[end] === lineEnd) return end;
    const tail = JSON.stringify(text.slice(close + 1, close + 11));
    throw faulty(path, row.line, `a quoted value must end at its closing quote, was followed by ${tail}`);
  }

  /** `end`, or one less where a carriage return stands before the line feed. */
  function withoutReturn(text: string, start: number, end: number): number {
    const isLine = lineEnd === "\n" && text[end] !== delimiter;
    return isLine && end > start && text[end - 1] === "\r" ? end - 1 : end;
  }

  function lineBehind(text: string): number {
    return (open?.line ?? line) + [...rest, text].join("").split(lineEnd).length - 1;
  }

  return { write, lineBehind, end: () => scan(rest.join(""), true) };
}

function endlessValue(path: string, line: number): MillraceError {
  const most = longestValue.toLocaleString("en-US");
  return faulty(
    path,
    line,
    `a quoted value must be closed within ${most} characters, the one that begins here is not`,
  );
}

function endlessRow(path: string, line: number): MillraceError {
  const most = longestRow.toLocaleString("en-US");
  return new MillraceError(
    "FILE_FORMAT",
    `a row must end within ${most} characters, the one that begins here does not`,
    {
      where: [`${path}:${line}`],
      hint: "Is it a CSV file, and is a quote missing? If quotes are plain text here, set `quote` to null.",
    },
  );
}

function faulty(path: string, line: number, message: string): MillraceError {
  return new MillraceError("FILE_FORMAT", message, {
    where: [`${path}:${line}`],
    hint: "Write a quote inside a quoted value twice; if quotes are plain text here, set `quote` to null.",
  });
}
