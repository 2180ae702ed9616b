/** How a CSV file is written: found from its first bytes and its first line, where the options leave it open. */
import { MillraceError } from "@millrace/core";

/** What the options say of a file. */
export interface CsvFormat {
  /** One character, or "auto": whichever of comma, semicolon, tab and bar the first line has most of, or a tab of it in a `.tsv`. */
  readonly delimiter: string;
  /** What stands around values, one ASCII character; null takes all quotes as text. */
  readonly quote: string | null;
  /** The first row names the columns; otherwise they are "0", "1", … */
  readonly header: boolean;
  /** A WHATWG encoding label. */
  readonly encoding: string;
  /** What lines begin with that are no rows. */
  readonly comment?: string | undefined;
  /** The decimal mark of numbers: a comma is no delimiter then, unless it is asked for. */
  readonly decimal: "." | ",";
}

/** How values and rows are kept apart. */
export interface CsvDialect {
  /** One character. */
  readonly delimiter: string;
  /** One ASCII character, or null. */
  readonly quote: string | null;
  /** A line feed, before which a carriage return counts for nothing; or a carriage return alone, as of old on Macs. */
  readonly lineEnd: "\n" | "\r";
  readonly comment?: string | undefined;
}

export type Decoder = InstanceType<typeof TextDecoder>;

/** For text in `encoding`. Errors: OPTION_INVALID for an unknown one. */
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

/** The encoding that a file's byte order mark states: it counts more than any option (WHATWG Encoding, "decode"). */
export function markedEncoding(start: Uint8Array): string | undefined {
  const [a, b, c] = start;
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xff && b === 0xfe) return "utf-16le";
  return a === 0xfe && b === 0xff ? "utf-16be" : undefined;
}

/** The dialect of the file at `path` that begins with `text`; undefined while its first line is not whole. */
export function dialectOf(
  path: string,
  format: CsvFormat,
  text: string,
  isAll: boolean,
): CsvDialect | undefined {
  const { delimiter, quote, comment, decimal } = format;
  if (quote !== null && quote === delimiter) throw sameCharacter(quote);
  const line = firstLine(text, quote, comment);
  // A carriage return at the end may yet be followed by a line feed.
  if (!isAll && (line.end >= text.length || (text[line.end] === "\r" && line.end + 1 === text.length))) {
    return undefined;
  }
  const lineEnd = text[line.end] === "\r" && text[line.end + 1] !== "\n" ? "\r" : "\n";
  // Texts may have commas in the first line of a file whose name says what stands between its values.
  const isTabbed = /\.(?:tsv|tab)$/i.test(path) && line.outside.includes("\t");
  const likely = () => (isTabbed ? "\t" : likeliest(line.outside, decimal === "," ? ";\t|" : ",;\t|"));
  const chosen = delimiter === "auto" ? likely() : delimiter;
  return { delimiter: chosen, quote, lineEnd, ...(comment !== undefined && { comment }) };
}

/** Where the first line with anything in it ends, and what of it stands outside quotes; comments are passed over. */
function firstLine(
  text: string,
  quote: string | null,
  comment?: string,
): { readonly end: number; readonly outside: string } {
  let position = afterLineEnds(text, 0);
  if (comment !== undefined) {
    while (text.startsWith(comment, position)) position = afterLineEnds(text, endOfLine(text, position));
    // Where the text ends, a comment may go on.
    if (position === text.length) return { end: position, outside: "" };
  }
  // Of an empty file's lines, the first says how they end.
  if (position === text.length) return { end: 0, outside: "" };
  let outside = "";
  while (true) {
    let found = position;
    while (found < text.length && !isLineEnd(text[found]) && text[found] !== quote) found++;
    outside += text.slice(position, found);
    if (quote === null || text[found] !== quote) return { end: found, outside };
    const close = text.indexOf(quote, found + 1);
    if (close === -1) return { end: text.length, outside };
    position = close + 1;
  }
}

function afterLineEnds(text: string, start: number): number {
  let position = start;
  while (isLineEnd(text[position])) position++;
  return position;
}

function endOfLine(text: string, start: number): number {
  let position = start;
  while (position < text.length && !isLineEnd(text[position])) position++;
  return position;
}

function isLineEnd(character: string | undefined): boolean {
  return character === "\n" || character === "\r";
}

function sameCharacter(quote: string): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `\`delimiter\` and \`quote\` must differ, but both are ${JSON.stringify(quote)}`,
    { path: ["quote"], hint: "Set `quote` to null if no value is quoted." },
  );
}

function likeliest(line: string, candidates: string): string {
  let [best] = candidates;
  for (const candidate of candidates) {
    if (line.split(candidate).length > line.split(best).length) best = candidate;
  }
  return best;
}
