/** Finds the lines of a file as its bytes come: `\n` and `\r\n` end them, and the end of the file does. */
import { otherEncoding, placeOf, tooLong } from "./faults.js";
import type { OnRecord, RecordScanner } from "./record-index.js";

export interface LineRules {
  /** Lines of blanks alone are no records. */
  readonly skipBlank: boolean;
  readonly maxLineBytes: number;
}

const lineFeed = 10;

/** `name` is for messages. Errors: FILE_FORMAT for a line that is too long, and for another encoding's mark. */
export function lineScanner(
  name: string,
  { skipBlank, maxLineBytes }: LineRules,
  onRecord: OnRecord,
): RecordScanner {
  let at = 0;
  let start = 0;
  let line = 1;
  let isBlank = true;
  const endLine = (next: number): void => {
    if (!(skipBlank && isBlank)) onRecord(start, line);
    line++;
    start = next;
    isBlank = true;
  };
  return {
    write(piece) {
      let position = at === 0 ? byteOrderMark(name, piece) : 0;
      if (at === 0) start = position;
      while (position < piece.length) {
        const found = piece.indexOf(lineFeed, position);
        const end = found === -1 ? piece.length : found;
        if (isBlank && skipBlank) isBlank = blankBetween(piece, position, end);
        if (at + end - start > maxLineBytes)
          throw tooLong(placeOf(name, line), "line", maxLineBytes, "maxLineBytes");
        if (found === -1) break;
        position = found + 1;
        endLine(at + position);
      }
      at += piece.length;
    },
    end() {
      if (start < at) endLine(at);
      return at;
    },
  };
}

/** Bytes of a mark of UTF-8 at the start of a file. Errors: FILE_FORMAT for that of UTF-16. */
export function byteOrderMark(name: string, [a, b, c]: Uint8Array): number {
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) throw otherEncoding(name);
  return a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0;
}

function blankBetween(piece: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = piece[i];
    if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  }
  return true;
}
