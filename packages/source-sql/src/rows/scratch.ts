/** Memory of blocks that is used again. */
import type { Dialect, Fillable } from "../driver.js";
import type { Block } from "./block.js";

/** Arrays of features that wait to be used again: batches may be of many sizes. */
const mostFree = 16;

/**
 * Arrays that the numbers of blocks pass through, and lie in, used again. In shared memory, for a collector goes by the
 * other kind: it would run for every few blocks.
 */
export class Scratch {
  /** False where a database has its rows in the order of their keys, as far as was seen, and sorting would cost. */
  mustSort: boolean;
  readonly #numbers: Float64Array[] = [];
  readonly #features: Float32Array[] = [];
  /** How many blocks lie in one piece of memory, which were read together. */
  readonly #sharers = new Map<ArrayBufferLike, number>();

  constructor({ seeks }: Dialect) {
    this.mustSort = seeks;
  }

  take(count: number): Float64Array {
    const array = this.#numbers.pop();
    if (array !== undefined && array.length >= count) return array.subarray(0, count);
    return new Float64Array(new SharedArrayBuffer(8 * count));
  }

  giveBack(arrays: readonly Fillable[]): void {
    for (const array of arrays)
      if (array instanceof Float64Array) this.#numbers.push(new Float64Array(array.buffer));
  }

  takeFeatures(length: number): Float32Array {
    const at = this.#features.findLastIndex((array) => array.length === length);
    if (at >= 0) return this.#features.splice(at, 1)[0];
    return new Float32Array(new SharedArrayBuffer(4 * length));
  }

  /** The memory of these features is that of so many blocks. */
  share(features: Float32Array, blocks: number): void {
    this.#sharers.set(features.buffer, blocks);
  }

  /** Nobody may read the block any more. */
  giveBackFeatures({ features: { buffer } }: Block): void {
    const others = (this.#sharers.get(buffer) ?? 1) - 1;
    if (others > 0) this.#sharers.set(buffer, others);
    else if (this.#sharers.delete(buffer)) {
      this.#features.push(new Float32Array(buffer));
      if (this.#features.length > mostFree) this.#features.shift();
    }
  }
}
