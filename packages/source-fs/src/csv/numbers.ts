/** What counts as a number in a table: decimal digits, as every tool writes and reads them. */

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

/** True where `text` is a whole number that a double cannot hold: its last digits would be others. */
export function losesDigits(text: string, number: number): boolean {
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER) return false;
  const digits = /^\s*[+-]?(\d+)(?:\.0*)?\s*$/.exec(text)?.[1];
  return digits !== undefined && BigInt(digits) !== BigInt(Math.abs(number));
}
