/** CSV as RFC 4180 has it, with the delimiter that the first line shows. */
import { MillraceError } from "@millrace/core";

export interface CsvRow {
  readonly values: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/** @throws MillraceError FILE_FORMAT for a quote that does not end, or is followed by more, and for what is no text. */
export function parseCsv(bytes: Uint8Array, path: string): CsvRow[] {
  const body = textOf(bytes, path);
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
        throw faulty(path, line, "a quoted value must be closed, but the file ends inside one");
      }
      value = body.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      if (at < body.length && body[at] !== delimiter && body[at] !== "\n" && body[at] !== "\r") {
        const rest = JSON.stringify(/^[^\r\n]{0,10}/.exec(body.slice(at, at + 10))?.[0]);
        throw faulty(path, line, `a quoted value must end at its closing quote, was followed by ${rest}`);
      }
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

/** In UTF-8, or in UTF-16 where a byte order mark says so. */
function textOf(bytes: Uint8Array, path: string): string {
  const [a, b] = bytes;
  const isWide = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const encoding = isWide ? (a === 0xff ? "utf-16le" : "utf-16be") : "utf-8";
  const notText = (cause?: unknown): MillraceError =>
    new MillraceError("FILE_FORMAT", `a CSV file must be text in ${encoding}, is not`, {
      where: [path],
      cause,
      hint: "Write it in UTF-8.",
    });
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    // Text in UTF-16 without a mark is valid UTF-8, every other character of it U+0000.
    if (!text.includes("\0")) return text;
  } catch (cause) {
    throw notText(cause);
  }
  throw notText();
}

function faulty(path: string, line: number, message: string): MillraceError {
  return new MillraceError("FILE_FORMAT", message, {
    where: [`${path}:${line}`],
    hint: "Write a quote inside a quoted value twice; where quotes are plain text, give the rows as lines of JSON Lines.",
  });
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
