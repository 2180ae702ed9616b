/** Splits indices at random into training, validation and test parts, evenly over classes if asked. */
import { type SplitName, splitNames } from "../contracts/split.js";
import { MillraceError } from "../errors.js";
import { Generator, randperm } from "./generator.js";
import { countsOf, cut, partsOf } from "./split-parts.js";
import { stratify } from "./stratified-split.js";

/** Indices of each part, in random order; each index stands in one part. */
export type SplitIndices = Readonly<Partial<Record<SplitName, Int32Array>>>;

/**
 * Cuts a random permutation of 0 … length − 1 (torch's generator at `seed`) into parts by `fractions`, with torch's
 * `random_split` rule: whole parts by rounding down, the remainder one each from the first. With `strata` (one value
 * per index) every part has each value in proportion, as in `stratifiedSplit`. Fractions that add up to less than 1 leave
 * samples over.
 *
 * @throws MillraceError SPLIT_INVALID for a part without samples.
 */
export function splitIndices(
  length: number,
  fractions: Readonly<Partial<Record<SplitName, number>>>,
  seed: number,
  strata?: ArrayLike<number | string>,
): SplitIndices {
  const names = splitNames.filter((name) => (fractions[name] ?? 0) > 0);
  const shares = names.map((name) => fractions[name] ?? 0);
  const permutation = randperm(length, new Generator(seed));
  const parts =
    strata === undefined
      ? cut(permutation, countsOf(length, shares))
      : partsOf(permutation, stratify(permutation, strata, shares), names.length);
  const empty = parts.findIndex((part) => part.length === 0);
  if (empty >= 0) {
    throw new MillraceError(
      "SPLIT_INVALID",
      `the ${names[empty]} split (${shares[empty]}) of ${length} samples is empty`,
      { hint: "Give it a larger share, or leave it out." },
    );
  }
  return Object.fromEntries(names.map((name, i) => [name, parts[i]]));
}
