/** Where the words of a text begin and end. */
import type { Scanner, TokenVisitor } from "./scanner.js";
import { type TextUnits, TokenKey } from "./units.js";

const key = new TokenKey();

/** Words between Unicode's white space, as Python's `str.split()` has them, but for its four separators U+001C to U+001F. */
export const byWhitespace: Scanner = (text, visitor) => {
  const { units, length } = text;
  for (let i = 0; i < length; i++) {
    if (white[units[i]] === 1) continue;
    const start = i;
    let [low, high, wide] = [0, 0, 0];
    do {
      const unit = units[i++];
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | unit;
      wide |= unit;
    } while (i < length && white[units[i]] === 0);
    visitor.visit(text, start, i, key.scanned(units, start, i, low, high, wide));
  }
};

/** Unicode's property White_Space. JavaScript's `\s` differs from it in U+0085 and U+FEFF. */
export function isWhitespace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0x1680) return unit === 0x85 || unit === 0xa0;
  return (
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000 ||
    unit === 0x1680
  );
}

/** 1 where a unit is white space: half of the scan's time would go into comparisons. */
const white = Uint8Array.from({ length: 0x10000 }, (_, unit) => Number(isWhitespace(unit)));

/**
 * Words by Unicode's rules (UAX #29, `Intl.Segmenter`), and, where asked for, each piece of punctuation between them.
 * The segmenter makes an object per word: ASCII is divided here, by the same rules, and only stretches between spaces that
 * hold other characters are left to it.
 */
export function byUnicode(locale: string, punctuation: boolean): Scanner {
  const segmenter = new Intl.Segmenter(locale, { granularity: "word" });
  // Some locales, and older versions of Unicode, take a colon for a part of a word.
  const joinsColon = [...segmenter.segment("a:a")].length === 1;
  const segmented = (of: TextUnits, start: number, end: number, visitor: TokenVisitor): void => {
    for (const { segment, index, isWordLike } of segmenter.segment(of.text.slice(start, end))) {
      if (isWordLike !== true && (!punctuation || isBlank(segment))) continue;
      const [first, last] = [start + index, start + index + segment.length];
      visitor.visit(of, first, last, key.of(of.units, first, last));
    }
  };
  return (of, visitor) => {
    const { text } = of;
    let from = 0;
    while (from < text.length) {
      const strange = firstBeyondAscii(of, from);
      const start = strange < 0 ? text.length : startOfStretch(text, strange, from);
      asciiWords(of, from, start, joinsColon, punctuation, visitor);
      if (strange < 0) return;
      from = endOfStretch(text, strange);
      segmented(of, start, from, visitor);
    }
  };
}

function firstBeyondAscii({ units, length }: TextUnits, from: number): number {
  for (let i = from; i < length; i++) if (units[i] > 0x7f) return i;
  return -1;
}

/** The spaces before it belong to it: some code points join them. */
function startOfStretch(text: string, strange: number, from: number): number {
  let start = strange;
  while (start > from && text[start - 1] !== " ") start--;
  while (start > from && text[start - 1] === " ") start--;
  return start;
}

/** The next space with ASCII behind it. */
function endOfStretch(text: string, from: number): number {
  for (let i = text.indexOf(" ", from); i >= 0; i = text.indexOf(" ", i + 1)) {
    if (i + 1 < text.length && text.charCodeAt(i + 1) <= 0x7f) return i;
  }
  return text.length;
}

function isBlank(segment: string): boolean {
  for (let i = 0; i < segment.length; i++) if (!isWhitespace(segment.charCodeAt(i))) return false;
  return true;
}

/** What Unicode's rules see in an ASCII character. */
const letter = 1;
const digit = 2;
const connector = 4;
/** Joins letters, digits, or either. */
const midLetter = 8;
const midDigit = 16;
const blank = 32;

const classes = new Uint8Array(128);
for (let unit = 0; unit < 128; unit++) {
  const character = String.fromCharCode(unit);
  if (/[A-Za-z]/.test(character)) classes[unit] = letter;
  else if (/[0-9]/.test(character)) classes[unit] = digit;
  else if (character === "_") classes[unit] = connector;
  else if (character === "." || character === "'") classes[unit] = midLetter | midDigit;
  else if (character === "," || character === ";") classes[unit] = midDigit;
  else if (isWhitespace(unit)) classes[unit] = blank;
}

function asciiWords(
  text: TextUnits,
  from: number,
  to: number,
  joinsColon: boolean,
  punctuation: boolean,
  visitor: TokenVisitor,
): void {
  const { units } = text;
  const visit = (start: number, end: number): void =>
    visitor.visit(text, start, end, key.of(units, start, end));
  const classAt = (i: number): number => {
    if (i >= to) return 0;
    const unit = units[i];
    return unit === 0x3a && joinsColon ? midLetter : classes[unit];
  };
  for (let i = from; i < to; ) {
    const start = i;
    let own = classAt(i++);
    if ((own & (letter | digit | connector)) === 0) {
      if (punctuation && own !== blank) visit(start, i);
      continue;
    }
    for (;;) {
      const next = classAt(i);
      if ((next & (letter | digit | connector)) !== 0) i++;
      else if ((own & letter) !== 0 && (next & midLetter) !== 0 && classAt(i + 1) === letter) i += 2;
      else if ((own & digit) !== 0 && (next & midDigit) !== 0 && classAt(i + 1) === digit) i += 2;
      else break;
      own = classAt(i - 1);
    }
    // One underscore alone is punctuation; several are a word.
    if (punctuation || own !== connector || i - start > 1) visit(start, i);
  }
}
