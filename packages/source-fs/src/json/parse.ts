/** JSON texts as values; whole numbers that a double cannot hold keep their digits. */
import { losesDigits } from "@millrace/core";

/** A run of digits that no double may hold, and that is no fraction. */
const maybeLong = /(?:^|[^.\d])\d{16}/;
const quotesAndNumbers = /"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * The value that `text` states. A whole number beyond 2^53 that a double would change is given as the text of its digits, as
 * `valueReader` wants it: it stays whole as a text or a class, and is refused as a number.
 * @throws SyntaxError where it is no JSON.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!maybeLong.test(text)) return value;
  const kept = withDigits(text);
  return kept === text ? value : JSON.parse(kept);
}

/** A JSON text with quotes around the numbers that would lose digits. Texts are passed over, for they may be long. */
function withDigits(text: string): string {
  const tokens = new RegExp(quotesAndNumbers);
  let kept = "";
  let taken = 0;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token] = found;
    if (token === '"') tokens.lastIndex = endOfText(text, tokens.lastIndex);
    else if (losesDigits(token, Number(token))) {
      kept += `${text.slice(taken, found.index)}"${token}"`;
      taken = tokens.lastIndex;
    }
  }
  return kept + text.slice(taken);
}

/** Behind the quote that closes the text which goes on at `start`: one before which backslashes stand in pairs. */
function endOfText(text: string, start: number): number {
  for (let close = text.indexOf('"', start); close !== -1; close = text.indexOf('"', close + 1)) {
    let first = close;
    while (first > start && text[first - 1] === "\\") first--;
    if ((close - first) % 2 === 0) return close + 1;
  }
  return text.length;
}
