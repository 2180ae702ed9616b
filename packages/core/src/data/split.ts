/** Splits a dataset at random into training, validation and test parts, evenly over classes if asked. */
import { type SplitName, splitNames } from "../contracts/split.js";
import { MillraceError } from "../errors.js";
import { Generator, randperm } from "./generator.js";

/** Indices of each part, in random order; each index stands in one part. */
export type SplitIndices = Readonly<Partial<Record<SplitName, Int32Array>>>;

/**
 * Cuts a random permutation of 0 … length − 1 (torch's generator at `seed`) into parts by `fractions`, with torch's
 * `random_split` rule: whole parts by rounding down, the remainder one each from the first. With `strata` (one value
 * per index) each value's indices are cut alike, so that every part has each class in proportion.
 */
export function splitIndices(
  length: number,
  fractions: Readonly<Partial<Record<SplitName, number>>>,
  seed: number,
  strata?: ArrayLike<number | string>,
): SplitIndices {
  const names = splitNames.filter((name) => (fractions[name] ?? 0) > 0);
  const parts = new Map<SplitName, number[]>(names.map((name) => [name, []]));
  for (const group of groupsOf(randperm(length, new Generator(seed)), strata)) {
    const counts = countsOf(
      group.length,
      names.map((name) => fractions[name] ?? 0),
    );
    let start = 0;
    names.forEach((name, i) => {
      for (const index of group.slice(start, start + counts[i])) parts.get(name)?.push(index);
      start += counts[i];
    });
  }
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
  return Object.fromEntries([...parts].map(([name, part]) => [name, shared(part)]));
}

/** Part sizes by torch's `random_split`; fractions that add up to less than 1 leave samples over. */
export function countsOf(length: number, fractions: readonly number[]): number[] {
  const counts = fractions.map((fraction) => Math.floor(length * fraction));
  const whole = Math.abs(fractions.reduce((sum, fraction) => sum + fraction, 0) - 1) < 1e-6;
  let rest = whole ? length - counts.reduce((sum, count) => sum + count, 0) : 0;
  for (let i = 0; rest > 0; i = (i + 1) % counts.length, rest--) counts[i]++;
  return counts;
}

function groupsOf(permutation: Int32Array, strata: ArrayLike<number | string> | undefined): number[][] {
  if (strata === undefined) return [[...permutation]];
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
