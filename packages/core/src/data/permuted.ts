/** Part of a permutation as an order of indices, read one by one or a batch at a time. */
import type { Permutation } from "./permutation.js";

export interface PermutedOptions {
  /** Draws nothing before it is called, when the first index is asked for. */
  readonly open: () => Permutation;
  /** The first place to read, and the one before which to stop. */
  readonly from: number;
  readonly end: number;
  /** Called when all of it was read. */
  readonly complete?: () => void;
}

export class Permuted implements Iterable<number> {
  readonly #options: PermutedOptions;
  #prepared: Permutation | undefined;

  constructor(options: PermutedOptions) {
    this.#options = options;
  }

  *[Symbol.iterator](): Generator<number, void> {
    const { from, end, complete } = this.#options;
    const permutation = this.#opened();
    for (let place = from; place < end; place++) yield permutation.at(place);
    complete?.();
  }

  /** The indices, `size` at a time; the last may be fewer. */
  *batches(size: number, dropLast: boolean): Generator<number[], void> {
    const { from, end, complete } = this.#options;
    const permutation = this.#opened();
    for (let start = from; start < end; start += size) {
      if (start + size > end) {
        // As torch: a batch is known to be the last when the order has ended.
        complete?.();
        if (!dropLast) yield permutation.slice(start, end);
        return;
      }
      yield permutation.slice(start, start + size);
    }
    complete?.();
  }

  /** What has to be drawn before the first index is known, without holding up the thread; undefined if it is little. */
  prepare(): Promise<void> | undefined {
    const { from, end } = this.#options;
    if (from >= end) return undefined;
    this.#prepared ??= this.#options.open();
    return this.#prepared.prepare(from + 1);
  }

  #opened(): Permutation {
    const permutation = this.#prepared ?? this.#options.open();
    this.#prepared = undefined;
    return permutation;
  }
}
