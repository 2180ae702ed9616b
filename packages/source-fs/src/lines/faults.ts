/** What files of lines and records are refused for, each by its place. */
import { MillraceError } from "@millrace/core";

/** Errors name the file and the line, from 1, and where it is known the column, from 1, in units of UTF-16. */
export function placeOf(name: string, line: number, column?: number): string {
  return column === undefined ? `${name}:${line}` : `${name}:${line}:${column}`;
}

export function tooLong(place: string, what: string, most: number, option: string): MillraceError {
  const bytes = most.toLocaleString("en-US");
  return new MillraceError("FILE_FORMAT", `a ${what} must end within ${bytes} bytes, this one does not`, {
    where: [place],
    hint: `Is it a file of another format? Raise \`${option}\` otherwise.`,
  });
}

export function notUtf8(place: string): MillraceError {
  return new MillraceError("FILE_FORMAT", "text must be UTF-8, but a byte here is none", {
    where: [place],
    hint: "Save the file as UTF-8: iconv -f latin1 -t utf-8.",
  });
}

/** The mark of UTF-16 or UTF-32 at the start of a file. */
export function otherEncoding(name: string): MillraceError {
  return new MillraceError("FILE_FORMAT", "text must be UTF-8, but the file begins with the mark of UTF-16", {
    where: [name],
    hint: "Save the file as UTF-8: iconv -f utf-16 -t utf-8.",
  });
}
