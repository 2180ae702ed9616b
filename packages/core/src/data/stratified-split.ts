/** A random split in which every part has each class in proportion. */
import { asDataset, type DatasetLike } from "./datasets/dataset-like.js";
import type { Subset } from "./datasets/subset.js";
import { Generator, randperm } from "./generator.js";
import { groupsOf, type SplitBy, valuesBy } from "./split-by.js";
import { partsOf, requireFractions, subsetsOf, sumOf, withRest } from "./split-parts.js";

/** What decides a `stratifiedSplit`. */
export interface StratifiedSplitOptions {
  /** The class of each sample: a column's name, or one value per sample. */
  readonly by: SplitBy;
  /** Where the division follows from; 0 by default. */
  readonly seed?: number | bigint;
}

/**
 * Divides a dataset at random so that every part has each class in proportion: of a class of n samples a part of fraction
 * f has n × f, rounded up or down; which of the two is chosen so that the parts as a whole keep to their fractions, also
 * where classes have one sample each. Order within a part is random.
 *
 * @throws MillraceError SPLIT_INVALID for fractions that do not add up to 1, or an unknown column; OPTION_INVALID.
 */
export function stratifiedSplit<S>(
  dataset: DatasetLike<S>,
  fractions: readonly number[],
  { by, seed = 0 }: StratifiedSplitOptions,
): Subset<S>[] {
  const samples = asDataset(dataset, "the dataset of a split");
  requireFractions(fractions);
  const permutation = randperm(samples.length, new Generator(seed));
  const partOf = stratify(permutation, valuesBy(samples, by), fractions);
  return subsetsOf(samples, partsOf(permutation, partOf, fractions.length));
}

/** The part of each index, or −1 where fractions add up to less than 1 and leave it over. */
export function stratify(
  permutation: Int32Array,
  strata: ArrayLike<number | string>,
  fractions: readonly number[],
): Int32Array {
  const shares = withRest(fractions);
  const partOf = new Int32Array(permutation.length).fill(-1);
  // By how much each part is short of its share so far.
  const debts = shares.map(() => 0);
  for (const group of groupsOf(permutation, strata)) {
    let next = 0;
    countsFor(group.length, shares, debts).forEach((count, part) => {
      for (const index of group.slice(next, next + count))
        partOf[index] = part < fractions.length ? part : -1;
      next += count;
    });
  }
  return partOf;
}

/** Each part's share rounded down, and what is left over one each to the parts that are shortest; settles the debts. */
function countsFor(length: number, shares: readonly number[], debts: number[]): number[] {
  // A hair more, because 100 × 0.29 is 28.999….
  const counts = shares.map((share) => Math.floor(length * share + 1e-9));
  shares.forEach((share, part) => (debts[part] += length * share - counts[part]));
  const order = shares
    .map((_, part) => part)
    .filter((part) => shares[part] > 0)
    .sort((a, b) => debts[b] - debts[a]);
  for (const part of order.slice(0, length - sumOf(counts))) {
    counts[part]++;
    debts[part]--;
  }
  return counts;
}
