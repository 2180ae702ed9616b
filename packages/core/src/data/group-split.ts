/** A random split that keeps groups together. */
import { asDataset, type DatasetLike } from "./datasets/dataset-like.js";
import type { Subset } from "./datasets/subset.js";
import { Generator, randperm } from "./generator.js";
import { groupsOf, type SplitBy, valuesBy } from "./split-by.js";
import { partsOf, requireFractions, subsetsOf, withRest } from "./split-parts.js";

/** What decides a `groupSplit`. */
export interface GroupSplitOptions {
  /** The group of each sample, such as its patient: a column's name, or one value per sample. */
  readonly by: SplitBy;
  /** Where the division follows from; 0 by default. */
  readonly seed?: number | bigint;
}

/**
 * Divides a dataset so that no group stands in two parts. Groups go, the largest first and equal ones in random order, to
 * the part that lacks most samples of its share: sizes are as near to the fractions as this leaves them, at worst by one
 * group. Order within a part is random. A part that no group is left for is empty, with a warning (code SPLIT_EMPTY).
 *
 * @throws MillraceError SPLIT_INVALID for fractions that do not add up to 1, or an unknown column; OPTION_INVALID.
 */
export function groupSplit<S>(
  dataset: DatasetLike<S>,
  fractions: readonly number[],
  { by, seed = 0 }: GroupSplitOptions,
): Subset<S>[] {
  const samples = asDataset(dataset, "the dataset of a split");
  requireFractions(fractions);
  const permutation = randperm(samples.length, new Generator(seed));
  const partOf = groupParts(permutation, valuesBy(samples, by), fractions);
  return subsetsOf(samples, partsOf(permutation, partOf, fractions.length));
}

/** The part of each index, or −1 where fractions add up to less than 1 and leave it over. */
export function groupParts(
  permutation: Int32Array,
  values: ArrayLike<number | string>,
  fractions: readonly number[],
): Int32Array {
  const groups = groupsOf(permutation, values).sort((a, b) => b.length - a.length);
  const lacking = withRest(fractions).map((fraction) => fraction * permutation.length);
  const partOf = new Int32Array(permutation.length);
  for (const group of groups) {
    const part = lacking.indexOf(Math.max(...lacking));
    lacking[part] -= group.length;
    for (const index of group) partOf[index] = part < fractions.length ? part : -1;
  }
  return partOf;
}
