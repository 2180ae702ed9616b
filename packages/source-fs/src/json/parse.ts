/** JSON texts as values; whole numbers that a double cannot hold keep their digits. */
import { losesDigits } from "@millrace/core";

/** A run of digits that no double may hold, and that is no fraction. */
const maybeLong = /(?:^|[^.\d])\d{16}/;
const textsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * The value that `text` states. A whole number beyond 2^53 that a double would change is given as the text of its digits, as
 * `valueReader` wants it: it stays whole as a text or a class, and is refused as a number.
 * @throws SyntaxError where it is no JSON.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!maybeLong.test(text)) return value;
  const kept = text.replace(textsAndNumbers, (found) =>
    !found.startsWith('"') && losesDigits(found, Number(found)) ? `"${found}"` : found,
  );
  return kept === text ? value : JSON.parse(kept);
}
