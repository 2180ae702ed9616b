/** Text files as documents, in pieces of bounded size. */
import { createReadStream } from "node:fs";
import { fileFault, MillraceError } from "@millrace/core";

/** What divides texts: files are documents, or lines, or what stands between blank lines. */
export const documentUnits = ["file", "line", "paragraph"] as const;
export type DocumentUnit = (typeof documentUnits)[number];

/** A document, or a part of a long one. */
export interface Piece {
  readonly text: string;
  /** True if the document ends behind it. */
  readonly ends: boolean;
}

/** Characters of a piece: a longer document comes in several. */
export const pieceLength = 1 << 18;

/** The documents of the files, in order; empty ones are none. Errors: FILE_FORMAT for what is no UTF-8, with the byte. */
export async function* documentsOf(paths: readonly string[], unit: DocumentUnit): AsyncGenerator<Piece> {
  for (const path of paths) yield* documentsIn(path, unit);
}

async function* documentsIn(path: string, unit: DocumentUnit): AsyncGenerator<Piece> {
  let rest = "";
  let begun = false;
  const finish = (text: string): Piece[] => {
    if (text === "" && !begun) return [];
    begun = false;
    return [{ text, ends: true }];
  };
  for await (const text of textsOf(path)) {
    rest += text;
    const parts = unit === "file" ? [rest] : rest.split(borders[unit]);
    rest = parts.pop() ?? "";
    for (const part of parts) yield* finish(trimmed(part, unit));
    while (rest.length > 2 * pieceLength) {
      const at = cutBefore(rest, pieceLength);
      begun = true;
      yield { text: rest.slice(0, at), ends: false };
      rest = rest.slice(at);
    }
  }
  yield* finish(trimmed(rest, unit));
}

const borders = { line: /\r?\n/, paragraph: /\r?\n(?:[ \t]*\r?\n)+/ } as const;

/** The end of a paragraph's last line is no part of it. */
function trimmed(text: string, unit: DocumentUnit): string {
  if (unit === "file") return text;
  return unit === "line" ? text.replace(/\r$/, "") : text.replace(/^(?:[ \t]*\r?\n)+|[ \t\r\n]+$/g, "");
}

const letterOrDigit = /[\p{L}\p{N}]/u;

/**
 * Where a text may be cut so that the parts have the tokens of the whole: before a space that follows a letter or a digit,
 * as no pre-tokenizer joins them. The last such place before `most`, else one between two characters.
 */
export function cutBefore(text: string, most: number): number {
  for (let at = most; at > most / 2; at--) {
    if (text[at] === " " && letterOrDigit.test(text[at - 1])) return at;
  }
  const unit = text.charCodeAt(most);
  return unit >= 0xdc00 && unit < 0xe000 ? most - 1 : most;
}

async function* textsOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let read = 0;
  let pending = Buffer.alloc(0);
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      const text = decoded(decoder, bytes, true);
      if (text === undefined)
        throw notUtf8(path, read - pending.length + faultIn(Buffer.concat([pending, bytes])));
      read += bytes.length;
      pending = Buffer.from(bytes.subarray(-3));
      yield text;
    }
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
  if (decoded(decoder, Buffer.alloc(0), false) === undefined) throw notUtf8(path, read);
}

function decoded(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Buffer,
  stream: boolean,
): string | undefined {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

/** The first byte that is no UTF-8. A character may have begun in the bytes before: these are passed over. */
function faultIn(bytes: Buffer): number {
  let from = 0;
  while (from < Math.min(3, bytes.length) && (bytes[from] & 0xc0) === 0x80) from++;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(from));
  let at = from;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    const isOwn = character !== "\ufffd" || bytes.subarray(at, at + 3).equals(replacement);
    if (!isOwn) return at;
    at += size;
  }
  return at;
}

const replacement = Buffer.from("\ufffd");

function notUtf8(path: string, byte: number): MillraceError {
  return new MillraceError("FILE_FORMAT", `${path} must be UTF-8, is not at byte ${byte}`, {
    hint: "Write the text as UTF-8: iconv -f LATIN1 -t UTF-8 old.txt > new.txt",
  });
}
