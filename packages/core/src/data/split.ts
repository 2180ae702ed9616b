/** Splits a dataset at random into training, validation and test parts, evenly over classes if asked. */
import { type SplitName, splitNames } from "../contracts/split.js";
import { MillraceError } from "../errors.js";
import { Generator, randperm } from "./generator.js";

/** Indices of each part, in random order; each index stands in one part. */
export type SplitIndices = Readonly<Partial<Record<SplitName, Int32Array>>>;

/**
 * Cuts a random permutation of 0 … length − 1 (torch's generator at `seed`) into parts by `fractions`, with torch's
 * `random_split` rule: whole parts by rounding down, the remainder one each from the first. With `strata` (one value
 * per index) each value's indices are cut on their own, so that every part has each class in proportion.
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
  const partOf = new Int8Array(length).fill(-1);
  for (const group of strata === undefined ? [[...permutation]] : groupsOf(permutation, strata)) {
    const counts =
      strata === undefined ? countsOf(group.length, shares) : nearestCounts(group.length, shares);
    let start = 0;
    counts.forEach((count, part) => {
      for (const index of group.slice(start, start + count)) partOf[index] = part;
      start += count;
    });
  }
  // Every part keeps the permutation's order: strata must not end up one after the other.
  const parts = names.map(
    (name, part) => [name, [...permutation].filter((index) => partOf[index] === part)] as const,
  );
  for (const [name, part] of parts) {
    if (part.length > 0) continue;
    throw new MillraceError(
      "SPLIT_INVALID",
      `the ${name} split (${fractions[name]}) of ${length} samples is empty`,
      {
        hint: "Give it a larger share, or leave it out.",
      },
    );
  }
  return Object.fromEntries(parts.map(([name, part]) => [name, shared(part)]));
}

/** Part sizes by torch's `random_split`; fractions that add up to less than 1 leave samples over. */
export function countsOf(length: number, fractions: readonly number[]): number[] {
  const counts = fractions.map((fraction) => Math.floor(length * fraction));
  const whole = Math.abs(fractions.reduce((sum, fraction) => sum + fraction, 0) - 1) < 1e-6;
  let rest = whole ? length - counts.reduce((sum, count) => sum + count, 0) : 0;
  for (let i = 0; rest > 0; i = (i + 1) % counts.length, rest--) counts[i]++;
  return counts;
}

/** Part sizes by the largest remainder, so that many small groups do not all round in favour of the first part. */
function nearestCounts(length: number, fractions: readonly number[]): number[] {
  const exact = fractions.map((fraction) => length * fraction);
  const counts = exact.map((count) => Math.floor(count + 1e-9));
  const total = Math.round(exact.reduce((sum, count) => sum + count, 0));
  const byRemainder = exact
    .map((count, i) => ({ i, rest: count - counts[i] }))
    .sort((a, b) => b.rest - a.rest);
  const missing = total - counts.reduce((sum, count) => sum + count, 0);
  for (const { i } of byRemainder.slice(0, missing)) counts[i]++;
  return counts;
}

function groupsOf(permutation: Int32Array, strata: ArrayLike<number | string>): number[][] {
  const groups = new Map<number | string, number[]>();
  for (const index of permutation) {
    const group = groups.get(strata[index]);
    if (group === undefined) groups.set(strata[index], [index]);
    else group.push(index);
  }
  return [...groups.values()];
}

/** Shared memory, so that worker threads read the same indices instead of a copy each. */
function shared(values: readonly number[]): Int32Array {
  const array = new Int32Array(new SharedArrayBuffer(values.length * Int32Array.BYTES_PER_ELEMENT));
  array.set(values);
  return array;
}
