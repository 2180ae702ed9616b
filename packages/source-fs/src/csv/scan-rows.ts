/** Finds the rows of a CSV file as its bytes come: where each begins, not what it holds. */
import { MillraceError } from "@millrace/core";
import { placeOf } from "../lines/faults.js";
import type { OnRecord, RecordScanner } from "../lines/record-index.js";
import { byteOrderMark } from "../lines/scan-lines.js";
import type { CsvDialect } from "./dialect.js";

export interface RowRules {
  readonly dialect: CsvDialect;
  readonly maxRowBytes: number;
}

/**
 * The rows that `csvScanner` would give: blank lines and comments are none, and line ends within quotes end none. What is wrong
 * within a row is seen when it is read. Errors: FILE_FORMAT for one that does not end.
 */
export function rowScanner(
  name: string,
  { dialect, maxRowBytes }: RowRules,
  onRecord: OnRecord,
): RecordScanner {
  const delimiter = Buffer.from(dialect.delimiter);
  const quote = dialect.quote?.charCodeAt(0);
  const lineEnd = dialect.lineEnd.charCodeAt(0);
  const comment = dialect.comment === undefined ? undefined : Buffer.from(dialect.comment);
  /** Bytes from the start of a row that is not whole yet, and where that is. */
  let rest = Buffer.alloc(0);
  let start = 0;
  let line = 1;

  const quoteIn = (bytes: Buffer, from: number) => (quote === undefined ? -1 : bytes.indexOf(quote, from));

  /** Where the line end of a row with quotes is, or the end of `bytes`; how many line ends stand within. */
  const endOfQuoted = (bytes: Buffer, from: number): readonly [end: number, lines: number] => {
    let [isQuoted, isStart, lines] = [false, true, 0];
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i];
      if (isQuoted) {
        if (byte === lineEnd) lines++;
        if (byte !== quote) continue;
        // Two of them are one within.
        if (bytes[i + 1] === quote) i++;
        else isQuoted = false;
      } else if (byte === lineEnd) return [i, lines];
      else if (isStart && byte === quote) isQuoted = true;
      isStart = byte === delimiter.at(-1) && endsIn(delimiter, bytes, i + 1);
    }
    return [-1, lines];
  };

  /** Takes whole rows off `bytes`; gives where the rest begins. */
  const take = (bytes: Buffer, isLast: boolean): number => {
    let position = 0;
    let nextQuote = quoteIn(bytes, 0);
    while (position < bytes.length) {
      if (nextQuote !== -1 && nextQuote < position) nextQuote = quoteIn(bytes, position);
      let end = bytes.indexOf(lineEnd, position);
      let lines = 0;
      const isComment = comment?.equals(bytes.subarray(position, position + comment.length)) === true;
      const hasQuote = nextQuote !== -1 && (end === -1 || nextQuote < end);
      if (hasQuote && !isComment) [end, lines] = endOfQuoted(bytes, position);
      // A quote or a comment at the very end may yet go on.
      if (end === -1 && !isLast) return position;
      const stop = end === -1 ? bytes.length : end;
      if (!isComment && !isBlank(bytes, position, stop, lineEnd)) onRecord(start + position, line);
      line += lines + 1;
      position = stop + 1;
    }
    return Math.min(position, bytes.length);
  };

  const scan = (bytes: Buffer, isLast: boolean): void => {
    const taken = take(bytes, isLast);
    start += taken;
    // What is left is looked at again: in memory of its own, for the piece is written over.
    rest = Buffer.from(bytes.subarray(taken));
    if (rest.length > maxRowBytes) throw endlessRow(placeOf(name, line), maxRowBytes);
  };
  let isFirst = true;
  return {
    write(piece) {
      const mark = isFirst ? byteOrderMark(name, piece) : 0;
      isFirst = false;
      start += mark;
      scan(rest.length === 0 ? piece.subarray(mark) : Buffer.concat([rest, piece]), false);
    },
    end() {
      const last = start + rest.length;
      scan(rest, true);
      return last;
    },
  };
}

function endlessRow(place: string, most: number): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `a row must end within ${most.toLocaleString("en-US")} bytes, this one does not`,
    {
      where: [place],
      hint: "Is it a CSV file, and is a quote missing? If quotes are plain text here, set `quote` to null.",
    },
  );
}

/** Whether the bytes before `end` are those of `part`. */
function endsIn(part: Buffer, bytes: Buffer, end: number): boolean {
  return part.length === 1 || (end >= part.length && part.equals(bytes.subarray(end - part.length, end)));
}

/** As `csvScanner` has it: nothing, or a carriage return before the line feed. */
function isBlank(bytes: Buffer, start: number, end: number, lineEnd: number): boolean {
  return start === end || (lineEnd === 10 && end === start + 1 && bytes[start] === 13);
}
