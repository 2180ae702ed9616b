/** What becomes of a file: cut, overwritten, lengthened, shortened, its numbers made to lie. */

/** Whole numbers at which counts and sizes go wrong. */
const numbers = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  127,
  128,
  255,
  256,
  32767,
  32768,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const words = [
  "-1",
  "0",
  "1e999",
  "NaN",
  "99999999999999999999",
  "4294967296",
  "2147483648",
  "-0",
  '"',
  "'",
  "{",
  "}",
  "[",
  "]",
  ",",
  "\n",
  "\r",
  "\0",
  "\ufeff",
  "\\u0000",
  "null",
  "true",
  "../",
  "/",
  "\t",
  "é",
  "\xff",
];

const kinds = {
  cut: (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  behead: (bytes, { below }) => bytes.subarray(below(bytes.length)),
  flip: (bytes, { below }) => changed(bytes, (to) => (to[below(to.length)] ^= 1 << below(8))),
  overwrite: (bytes, { below }) => changed(bytes, (to) => (to[below(to.length)] = below(256))),
  near: (bytes, choices) => changed(bytes, (to) => overwriteNumber(to, choices, Math.min(to.length, 64))),
  number: (bytes, choices) => changed(bytes, (to) => overwriteNumber(to, choices, to.length)),
  tail: (bytes, choices) =>
    changed(bytes, (to) =>
      overwriteNumber(to.subarray(Math.max(0, to.length - 64)), choices, Math.min(to.length, 64)),
    ),
  word: (bytes, { below, pick }) => insert(bytes, below(bytes.length), Buffer.from(pick(words), "latin1")),
  digits: (bytes, choices) => replaceDigits(bytes, choices),
  insert: (bytes, { below }) =>
    insert(bytes, below(bytes.length), Buffer.from(Array.from({ length: 1 + below(40) }, () => below(256)))),
  remove: (bytes, { below }) => {
    const from = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + below(40))]);
  },
  repeat: (bytes, { below }) => {
    const from = below(bytes.length);
    const part = bytes.subarray(from, from + 1 + below(200));
    return insert(bytes, from, Buffer.concat(Array.from({ length: 1 + below(4) }, () => part)));
  },
  move: (bytes, { below }) => {
    const [from, length] = [below(bytes.length), 1 + below(64)];
    const part = Buffer.from(bytes.subarray(from, from + length));
    return changed(bytes, (to) => part.copy(to, below(to.length)));
  },
  zero: (bytes, { below }) =>
    changed(bytes, (to) => {
      const from = below(to.length);
      to.subarray(from, from + 1 + below(64)).fill(0);
    }),
};

/** `bytes` with one to four changes. */
export function mutated(bytes, choices) {
  let made = bytes;
  for (let left = choices.chance(0.5) ? 1 : 1 + choices.below(4); left > 0 && made.length > 0; left--) {
    made = kinds[choices.pick(Object.keys(kinds))](made, choices);
  }
  return made;
}

function changed(bytes, change) {
  const to = Buffer.from(bytes);
  change(to);
  return to;
}

function insert(bytes, at, part) {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}

/** A whole number of 1, 2, 4 or 8 bytes, in either order, somewhere in the first `within` bytes. */
function overwriteNumber(to, { below, pick, chance }, within) {
  const size = pick([1, 2, 4, 8]);
  if (to.length < size) return;
  const at = below(Math.max(1, Math.min(within, to.length - size + 1)));
  const isLittle = chance(0.5);
  const value = BigInt(pick(numbers)) * (chance(0.1) ? -1n : 1n) + (chance(0.1) ? 2n ** 40n : 0n);
  for (let i = 0; i < size; i++) {
    to[isLittle ? at + i : at + size - 1 - i] = Number((value >> BigInt(8 * i)) & 255n);
  }
}

/** One number that is written in digits becomes another. */
function replaceDigits(bytes, { below, pick }) {
  const found = [...bytes.toString("latin1").matchAll(/\d+/g)];
  if (found.length === 0) return bytes;
  const { index, 0: digits } = found[below(found.length)];
  const other = pick([
    String(pick(numbers)),
    "9".repeat(1 + below(25)),
    "-1",
    "1.5",
    "",
    "0".repeat(below(9)),
  ]);
  return Buffer.concat([bytes.subarray(0, index), Buffer.from(other), bytes.subarray(index + digits.length)]);
}
