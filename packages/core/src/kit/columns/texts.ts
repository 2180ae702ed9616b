/** What texts in tables state: numbers, flags, bytes, and no value at all. Every source that reads text takes them alike. */

/** The texts that pandas takes for a missing value, beside blank ones. */
export const missingWords: readonly string[] =
  "#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null".split(
    ",",
  );

/** Whether a text means that there is no value: a blank one, or one of `words`. */
export function missingTexts(words: readonly string[] = missingWords): (text: string) => boolean {
  const known = new Set(words);
  // Most texts are longer than any of the words, or are not blank by their first character.
  const longest = Math.max(0, ...words.map((word) => word.length));
  return (text) =>
    text.length === 0 ||
    (text.charCodeAt(0) <= 32 && text.trim() === "") ||
    (text.length <= longest && known.has(text));
}

/** What `Number` takes for a number and no table means as one: 0x10, 0b11, 0o7. */
const otherBases = /^\s*0[xob]/i;

/** The number that `text` states, NaN if none: no blanks, no hexadecimal, no infinity. */
export function decimal(text: string): number {
  const number = Number(text);
  if (number === 0 && text.trim() === "") return Number.NaN;
  // Only after a first 0, or blanks, may there be one of the letters.
  const first = text.charCodeAt(0);
  const isPlain = first === 48 ? !(text.charCodeAt(1) > 57) : first > 32 && first < 128;
  if (!isPlain && otherBases.test(text)) return Number.NaN;
  return Number.isFinite(number) ? number : Number.NaN;
}

/** How numbers are written: with which decimal mark, and what may stand between groups of three digits. */
export interface NumberStyle {
  readonly decimal: "." | ",";
  readonly thousands?: string;
}

/** As `decimal`, of numbers in another style. */
export function numberReader({ decimal: mark, thousands }: NumberStyle): (text: string) => number {
  if (mark === "." && thousands === undefined) return decimal;
  const group = (thousands ?? "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const grouped = new RegExp(`^\\s*[+-]?\\d{1,3}(?:${group}\\d{3})+(?!\\d)(?!.*${group})`);
  return (text) => {
    let plain = text;
    if (thousands !== undefined && text.includes(thousands)) {
      if (!grouped.test(text)) return Number.NaN;
      plain = plain.replaceAll(thousands, "");
    }
    if (mark === ".") return decimal(plain);
    return plain.includes(".") ? Number.NaN : decimal(plain.replace(",", "."));
  };
}

/**
 * True where `text` is a whole number that a double cannot hold: its last digits would be others. What is the shortest way
 * to write a double, as programs write them, is one.
 */
export function losesDigits(text: string, number: number): boolean {
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER) return false;
  const digits = /^\s*[+-]?(\d+)(?:\.0*)?\s*$/.exec(text)?.[1];
  if (digits === undefined || digits === String(Math.abs(number))) return false;
  return BigInt(digits) !== BigInt(Math.abs(number));
}

const flags = new Map<string, boolean>([
  ...["true", "t", "yes", "y", "on", "1"].map((word) => [word, true] as const),
  ...["false", "f", "no", "n", "off", "0"].map((word) => [word, false] as const),
]);

/** The flag that a text states in the words of PostgreSQL's type boolean, in any case; undefined if none. */
export function readBool(text: string): boolean | undefined {
  return flags.get(text) ?? flags.get(text.trim().toLowerCase());
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const hex = /^(?:0x|\\x)?((?:[0-9a-fA-F]{2})*)$/;

/** The bytes that a text states in base64, or in hex with or without 0x or \x before it; undefined if none. */
export function readBytes(text: string, format = "base64"): Uint8Array | undefined {
  const trimmed = text.trim();
  if (format === "hex") {
    const digits = hex.exec(trimmed)?.[1];
    return digits === undefined ? undefined : Uint8Array.from(Buffer.from(digits, "hex"));
  }
  return base64.test(trimmed) ? Uint8Array.from(Buffer.from(trimmed, "base64")) : undefined;
}
