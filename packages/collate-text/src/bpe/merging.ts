/** Pairs of symbols merged in the order of their ranks, in a time that hardly grows faster than the piece. */
import { Heap } from "./heap.js";
import type { PairTable } from "./pair-table.js";

/** The merges of a vocabulary: what is merged when, and into what. */
export interface Merges {
  /** The rank of each pair, from 0: the least is merged first. */
  readonly ranks: PairTable;
  /** The id that the pair of each rank becomes. */
  readonly made: ArrayLike<number>;
}

/** Places of a piece in a heap's keys. */
const most = 2 ** 32;

/**
 * Merges the symbols of one piece in place, and returns how many are left. Of equal ranks the leftmost comes first.
 */
export function mergeSymbols(symbols: Int32Array, length: number, merges: Merges): number {
  return length <= 24 ? bySearch(symbols, length, merges) : byHeap(symbols, length, merges);
}

function bySearch(symbols: Int32Array, length: number, { ranks, made }: Merges): number {
  for (let left = length; ; left--) {
    let [best, at] = [Infinity, -1];
    for (let i = 0; i + 1 < left; i++) {
      const rank = ranks.get(symbols[i], symbols[i + 1]);
      if (rank >= 0 && rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return left;
    symbols[at] = made[best];
    symbols.copyWithin(at + 1, at + 2, left);
  }
}

function byHeap(symbols: Int32Array, length: number, { ranks, made }: Merges): number {
  const next = Int32Array.from({ length }, (_, i) => i + 1);
  const previous = Int32Array.from({ length }, (_, i) => i - 1);
  const heap = new Heap();
  const offer = (left: number): void => {
    if (left < 0 || next[left] >= length) return;
    const rank = ranks.get(symbols[left], symbols[next[left]]);
    if (rank >= 0) heap.push(rank * most + left);
  };
  for (let i = 0; i + 1 < length; i++) offer(i);
  while (heap.length > 0) {
    const key = heap.pop();
    const rank = Math.floor(key / most);
    const left = key - rank * most;
    const right = next[left];
    // What was merged since has another pair, or is gone.
    if (symbols[left] < 0 || right >= length || ranks.get(symbols[left], symbols[right]) !== rank) continue;
    symbols[left] = made[rank];
    symbols[right] = -1;
    next[left] = next[right];
    if (next[left] < length) previous[next[left]] = left;
    offer(previous[left]);
    offer(left);
  }
  let count = 0;
  for (let i = 0; i < length; i = next[i]) symbols[count++] = symbols[i];
  return count;
}
