/** Token ids as they are found: numbers in memory that grows, no object per token. */

const least = 1024;

/** For each unit of a text that was changed, where its character began and ended before. */
export interface Places {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export class IdList {
  data = new Int32Array(least);
  length = 0;
  /** Where in its text each token begins and ends, in UTF-16 units; kept only where asked for. */
  readonly #places: boolean;
  starts = new Int32Array(0);
  ends = new Int32Array(0);

  constructor(places: boolean) {
    this.#places = places;
    if (places) {
      this.starts = new Int32Array(least);
      this.ends = new Int32Array(least);
    }
  }

  push(id: number, start: number, end: number): void {
    const at = this.length++;
    if (at === this.data.length) this.#grow(2 * at);
    this.data[at] = id;
    if (!this.#places) return;
    this.starts[at] = start;
    this.ends[at] = end;
  }

  /** Takes `count` ids from `from` on away; what stands behind them moves up. */
  remove(from: number, count: number): void {
    if (count <= 0) return;
    for (const array of this.#arrays()) array.copyWithin(from, from + count, this.length);
    this.length -= count;
  }

  /** Leads the places of tokens from `from` on back to those that their first and last units had. */
  move(from: number, { starts, ends }: Places): void {
    if (!this.#places) return;
    for (let i = from; i < this.length; i++) {
      this.starts[i] = starts[this.starts[i]];
      this.ends[i] = ends[this.ends[i] - 1];
    }
  }

  /** Empty again; memory that one long text needed is given back. */
  clear(): void {
    this.length = 0;
    if (this.data.length > 1 << 20) this.#resize(least, 0);
  }

  #grow(size: number): void {
    this.#resize(size, this.length - 1);
  }

  #resize(size: number, kept: number): void {
    const moved = (array: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(size);
      larger.set(array.subarray(0, kept));
      return larger;
    };
    this.data = moved(this.data);
    if (!this.#places) return;
    this.starts = moved(this.starts);
    this.ends = moved(this.ends);
  }

  #arrays(): Int32Array[] {
    return this.#places ? [this.data, this.starts, this.ends] : [this.data];
  }
}
