/** All values, for what no smaller summary tells: exact medians. */
import type { Statistic } from "./statistic.js";

/** One list of values per element. */
export type AllValuesPartial = readonly Float64Array[];

/** Holds 8 bytes for every value until the median is asked for. */
export class AllValues implements Statistic<AllValuesPartial> {
  /** Lists that grow, and how much of each is in use. */
  #lists: Float64Array[];
  readonly #lengths: number[];

  constructor(readonly width: number) {
    this.#lists = Array.from({ length: width }, () => new Float64Array(16));
    this.#lengths = Array.from({ length: width }, () => 0);
  }

  add(values: ArrayLike<number>, rows: number): number {
    const { width } = this;
    for (let j = 0; j < width; j++) {
      const list = this.#room(j, rows);
      let length = this.#lengths[j];
      for (let row = 0, i = j; row < rows; row++, i += width) {
        const value = values[i];
        if (Number.isFinite(value)) list[length++] = value;
        else if (!Number.isNaN(value)) return i;
      }
      this.#lengths[j] = length;
    }
    return -1;
  }

  partial(): AllValuesPartial {
    return this.#lists.map((list, j) => list.subarray(0, this.#lengths[j]));
  }

  merge(partial: AllValuesPartial): void {
    for (const [j, values] of partial.entries()) {
      this.#room(j, values.length).set(values, this.#lengths[j]);
      this.#lengths[j] += values.length;
    }
  }

  /** As numpy has them: the middle value, or half the sum of the middle two; NaN of no values. */
  medians(): Float64Array {
    return Float64Array.from(this.partial(), (values) => medianOf(values));
  }

  /** The list of element j, with room for `more` values. */
  #room(j: number, more: number): Float64Array {
    const list = this.#lists[j];
    const needed = this.#lengths[j] + more;
    if (needed <= list.length) return list;
    const larger = new Float64Array(Math.max(needed, 2 * list.length));
    larger.set(list);
    this.#lists[j] = larger;
    return larger;
  }
}

function medianOf(values: Float64Array): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
