/** CSV as RFC 4180 has it, with the delimiter that the first line shows. */
import { MillraceError } from "@millrace/core";

export interface CsvRow {
  readonly values: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/** @throws MillraceError FILE_FORMAT for a quote that does not end. */
export function parseCsv(text: string, path: string): CsvRow[] {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const delimiter = likeliest(body.slice(0, /[\r\n]/.exec(body)?.index ?? body.length));
  const rows: CsvRow[] = [];
  let values: string[] = [];
  let line = 1;
  let begun = 1;
  let at = 0;
  while (at < body.length) {
    let value: string;
    if (body[at] === '"') {
      let end = at + 1;
      for (; body[end] !== '"' || body[end + 1] === '"'; end += body[end] === '"' ? 2 : 1) {
        if (end < body.length) continue;
        throw new MillraceError("FILE_FORMAT", `a quote must end, but that of line ${begun} does not`, {
          where: [path],
        });
      }
      value = body.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      const end = ends(body, at, delimiter);
      value = body.slice(at, end);
      at = end;
    }
    line += value.split("\n").length - 1;
    values.push(value);
    if (body[at] === delimiter) {
      at++;
      if (at === body.length) values.push("");
      else continue;
    }
    if (body[at] === "\r") at++;
    if (body[at] === "\n") at++;
    if (values.length > 1 || values[0] !== "") rows.push({ values, line: begun });
    values = [];
    begun = ++line;
  }
  return rows;
}

function ends(text: string, from: number, delimiter: string): number {
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === delimiter || character === "\n" || character === "\r") return at;
  }
  return text.length;
}

function likeliest(header: string): string {
  const plain = header.replaceAll(/"(?:[^"]|"")*"/g, "");
  const counts = [",", ";", "\t"].map((each) => [each, plain.split(each).length] as const);
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}
