/** How often each value is there. */
import type { Statistic } from "./statistic.js";

/** Values and their counts, one list per element. */
export type CountsPartial = readonly (readonly (readonly [value: number, count: number])[])[];

/** How often each number is there, element by element: holds every distinct value. */
export class NumberCounts implements Statistic<CountsPartial> {
  readonly counts: readonly Map<number, number>[];

  constructor(readonly width: number) {
    this.counts = Array.from({ length: width }, () => new Map<number, number>());
  }

  add(values: ArrayLike<number>, rows: number): number {
    const { width, counts } = this;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let j = 0; j < width; j++, i++) {
        const value = values[i];
        if (Number.isFinite(value)) counts[j].set(value, (counts[j].get(value) ?? 0) + 1);
        else if (!Number.isNaN(value)) return i;
      }
    }
    return -1;
  }

  partial(): CountsPartial {
    return this.counts.map((counts) => [...counts]);
  }

  merge(partial: CountsPartial): void {
    for (const [j, seen] of partial.entries()) {
      const counts = this.counts[j];
      for (const [value, count] of seen) counts.set(value, (counts.get(value) ?? 0) + count);
    }
  }

  /** The most frequent value of each element, the smallest of several; NaN of no values. */
  modes(): Float64Array {
    return Float64Array.from(this.counts, (counts) => byFrequency(counts).at(0) ?? Number.NaN);
  }
}

/** The most frequent first; of equal counts the smaller number, or the text that comes first by its code units. */
export function byFrequency<V extends string | number>(counts: ReadonlyMap<V, number>): V[] {
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([value]) => value);
}
