/** Splits indices into training, validation and test parts: at random, evenly over classes, by group or by hash. */
import { type SplitName, splitNames } from "../contracts/split.js";
import { MillraceError } from "../errors.js";
import { Generator, randperm } from "./generator.js";
import { groupParts } from "./group-split.js";
import { hashParts } from "./hash-split.js";
import { countsOf, cut, partsOf } from "./split-parts.js";
import { stratify } from "./stratified-split.js";

/** Indices of each part; each index stands in one part. */
export type SplitIndices = Readonly<Partial<Record<SplitName, Int32Array>>>;

/** What decides which part an index belongs to, where it is not chance alone. */
export interface SplitRule {
  /** One value per index: every part has each of them in proportion, as in `stratifiedSplit`. */
  readonly strata?: ArrayLike<number | string> | undefined;
  /** One value per index: indices of one value stay together, as in `groupSplit`. */
  readonly groups?: ArrayLike<number | string> | undefined;
  /** The key of an index, by whose hash it finds its part, as in `hashSplit`. */
  readonly keyOf?: ((index: number) => number | string) | undefined;
  /** Makes another division of the same keys. */
  readonly salt?: string | undefined;
}

/**
 * Cuts a random permutation of 0 … length − 1 (torch's generator at `seed`) into parts by `fractions`, with torch's
 * `random_split` rule: whole parts by rounding down, the remainder one each from the first. A rule decides otherwise; parts
 * by hash are in the order of their indices, all others in random order. Fractions that add up to less than 1 leave
 * samples over.
 *
 * @throws MillraceError SPLIT_INVALID for a part without samples.
 */
export function splitIndices(
  length: number,
  fractions: Readonly<Partial<Record<SplitName, number>>>,
  seed: number,
  rule: SplitRule = {},
): SplitIndices {
  const names = splitNames.filter((name) => (fractions[name] ?? 0) > 0);
  const shares = names.map((name) => fractions[name] ?? 0);
  const parts = partsBy(rule, length, shares, seed);
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

function partsBy(
  { strata, groups, keyOf, salt = "" }: SplitRule,
  length: number,
  shares: readonly number[],
  seed: number,
): Int32Array[] {
  if (keyOf !== undefined) {
    const order = Int32Array.from({ length }, (_, index) => index);
    return partsOf(order, hashParts(order, keyOf, shares, salt), shares.length);
  }
  const permutation = randperm(length, new Generator(seed));
  if (groups !== undefined)
    return partsOf(permutation, groupParts(permutation, groups, shares), shares.length);
  if (strata !== undefined) return partsOf(permutation, stratify(permutation, strata, shares), shares.length);
  return cut(permutation, countsOf(length, shares));
}
