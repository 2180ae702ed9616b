/** torch.utils.data.random_split. */
import { MillraceError } from "../errors.js";
import { asDataset, type DatasetLike } from "./datasets/dataset-like.js";
import type { Subset } from "./datasets/subset.js";
import { Generator, randperm } from "./generator.js";
import { addUpToOne, countsOf, cut, requireFractions, subsetsOf, sumOf } from "./split-parts.js";

/** Where the order of a `randomSplit` comes from. */
export interface RandomSplitOptions {
  /** Draws from this generator, which moves on; nothing else is drawn from. */
  readonly generator?: Generator;
  /** Without a generator: the seed of a new one; 0 by default. */
  readonly seed?: number | bigint;
}

/**
 * Divides a dataset at random into parts that have no sample in common (torch.utils.data.random_split, bit for bit).
 *
 * `lengths` are numbers of samples that add up to the dataset's length, or fractions that add up to 1: parts are rounded
 * down, and what is left goes one each to the parts from the first. An empty part is allowed, with a warning (code
 * SPLIT_EMPTY). Without options the division is that of seed 0; torch draws from its global generator.
 *
 * @throws MillraceError SPLIT_INVALID for a fraction outside [0, 1] or lengths that do not add up; OPTION_INVALID for a
 * stream.
 */
export function randomSplit<S>(
  dataset: DatasetLike<S>,
  lengths: readonly number[],
  { generator, seed = 0 }: RandomSplitOptions = {},
): Subset<S>[] {
  const samples = asDataset(dataset, "the dataset of a split");
  const sizes = sizesOf(samples.length, lengths);
  return subsetsOf(samples, cut(randperm(samples.length, generator ?? new Generator(seed)), sizes));
}

function sizesOf(length: number, lengths: readonly number[]): readonly number[] {
  if (addUpToOne(lengths) && sumOf(lengths) <= 1) {
    requireFractions(lengths);
    return countsOf(length, lengths);
  }
  const odd = lengths.findIndex((size) => !(Number.isInteger(size) && size >= 0));
  if (odd < 0 && sumOf(lengths) === length) return lengths;
  throw new MillraceError(
    "SPLIT_INVALID",
    `the lengths of a split must be numbers of samples that add up to ${length}, or fractions that add up to 1; were ${lengths.join(", ")}`,
    { hint: "Give what is left over a length of its own, and drop that part." },
  );
}
