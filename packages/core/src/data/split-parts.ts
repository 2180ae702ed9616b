/** What all splits share: the sizes of parts, the check of fractions, and parts as subsets. */
import type { Dataset } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";
import { Subset } from "./datasets/subset.js";

/** Fractions count as adding up to 1 within this: Python's math.isclose. */
const closeness = 1e-9;

/** True if fractions add up to 1 but for rounding. */
export function addUpToOne(fractions: readonly number[]): boolean {
  return Math.abs(sumOf(fractions) - 1) <= closeness;
}

/** The sum with its rounding errors made up for (Neumaier 1974), as Python's `sum` gives it: ten tenths are 1. */
export function sumOf(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** The fractions, and what they leave over as one more. */
export function withRest(fractions: readonly number[]): readonly number[] {
  const rest = 1 - sumOf(fractions);
  return rest > closeness ? [...fractions, rest] : fractions;
}

/** Part sizes by torch's `random_split`; fractions that add up to less than 1 leave samples over. */
export function countsOf(length: number, fractions: readonly number[]): number[] {
  const counts = fractions.map((fraction) => Math.floor(length * fraction));
  let rest = addUpToOne(fractions) ? length - sumOf(counts) : 0;
  for (let i = 0; rest > 0; i = (i + 1) % counts.length, rest--) counts[i]++;
  return counts;
}

/** @throws MillraceError SPLIT_INVALID unless each fraction lies in [0, 1] and all add up to 1. */
export function requireFractions(fractions: readonly number[]): void {
  const odd = fractions.findIndex((fraction) => !(fraction >= 0 && fraction <= 1));
  if (odd >= 0) {
    throw new MillraceError(
      "SPLIT_INVALID",
      `a fraction must lie from 0 to 1, but fraction ${odd} is ${fractions[odd]}`,
    );
  }
  if (addUpToOne(fractions)) return;
  throw new MillraceError(
    "SPLIT_INVALID",
    `the fractions of a split must add up to 1, but ${fractions.join(", ")} add up to ${sumOf(fractions)}`,
    { hint: "Give what is left over a fraction of its own, and drop that part." },
  );
}

/** The indices of each part in the order of `order`; `partOf` gives the part of an index, or −1 for none. */
export function partsOf(order: ArrayLike<number>, partOf: ArrayLike<number>, count: number): Int32Array[] {
  const sizes = new Array<number>(count).fill(0);
  for (let i = 0; i < order.length; i++) if (partOf[order[i]] >= 0) sizes[partOf[order[i]]]++;
  const parts = sizes.map(sharedIndices);
  sizes.fill(0);
  for (let i = 0; i < order.length; i++) {
    const part = partOf[order[i]];
    if (part >= 0) parts[part][sizes[part]++] = order[i];
  }
  return parts;
}

/** Consecutive pieces of `order` of the given sizes. */
export function cut(order: Int32Array, sizes: readonly number[]): Int32Array[] {
  let start = 0;
  return sizes.map((size) => {
    const part = sharedIndices(size);
    part.set(order.subarray(start, (start += size)));
    return part;
  });
}

/** Shared memory, so that worker threads read the same indices instead of a copy each. */
function sharedIndices(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

/** The parts as subsets; warns of each that is empty, as torch does (code SPLIT_EMPTY). */
export function subsetsOf<S>(dataset: Dataset<S>, parts: readonly Int32Array[]): Subset<S>[] {
  parts.forEach((part, i) => {
    if (part.length > 0) return;
    process.emitWarning(`part ${i} of a split has no samples`, {
      type: "MillraceWarning",
      code: "SPLIT_EMPTY",
    });
  });
  return parts.map((part) => new Subset(dataset, part));
}
