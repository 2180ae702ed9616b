/** The items with the highest scores out of any number. */

export interface Entry<T> {
  readonly score: number;
  readonly key: number;
  readonly value: T;
}

/** Holds at most `limit` items; of equal scores the smaller key stays. Each key is held once. */
export class Top<T> {
  readonly #limit: number;
  /** The highest score first. */
  readonly #entries: Entry<T>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** `make` is called only where the item stays; undefined leaves it out. NaN counts as the highest score. */
  offer(score: number, key: number, make: () => T | undefined): void {
    const rank = Number.isNaN(score) ? Number.POSITIVE_INFINITY : score;
    const entries = this.#entries;
    const last = entries.at(-1);
    const isAbove = ({ score: other, key: otherKey }: Entry<T>) =>
      other > rank || (other === rank && otherKey < key);
    if (entries.length >= this.#limit && (last === undefined || isAbove(last))) return;
    if (entries.some((entry) => entry.key === key)) return;
    const value = make();
    if (value === undefined) return;
    const at = entries.findIndex((entry) => !isAbove(entry));
    entries.splice(at === -1 ? entries.length : at, 0, { score: rank, key, value });
    if (entries.length > this.#limit) entries.pop();
  }

  entries(): readonly Entry<T>[] {
    return this.#entries;
  }

  values(): T[] {
    return this.#entries.map(({ value }) => value);
  }
}
