/**
 * Byte-level BPE learned from words and how often each was seen: the merges of Hugging Face's `BpeTrainer`, tie for tie. The
 * most frequent pair of neighbours becomes a token, of several the one with the least ids; only words that have it are
 * looked at again.
 */
import { PairTable } from "./pair-table.js";

export interface Word {
  /** Ids of its bytes. */
  readonly symbols: ArrayLike<number>;
  readonly count: number;
}

export interface TrainingOptions {
  /** Ids that there are before the first merge: special tokens, then bytes. */
  readonly first: number;
  /** Ids that there may be in all. */
  readonly size: number;
  /** Pairs that are seen less often are not merged. */
  readonly minFrequency: number;
  /** What makes two tokens one, for those that two pairs lead to: the text of an id. */
  readonly names: readonly string[];
}

/** A merge: left, right, and the id that they become. */
export type Merge = readonly [left: number, right: number, made: number];

/** A pair that waits for its turn, and the words in which it was found. */
interface Waiting {
  readonly pair: number;
  count: number;
  readonly words: readonly number[] | Int32Array;
}

export function learnMerges(words: Iterable<Word>, { first, size, minFrequency, names }: TrainingOptions) {
  const training = new Training(words, names);
  const merges: Merge[] = [];
  const known = new Map(training.names.map((name, id) => [name, id]));
  for (let made = first; made < size; ) {
    const top = training.next();
    if (top === undefined || top.count < Math.max(1, minFrequency)) break;
    const [left, right] = training.partsOf(top.pair);
    const name = training.names[left] + training.names[right];
    const id = known.get(name) ?? made;
    if (id === made) {
      training.names.push(name);
      known.set(name, made++);
    }
    merges.push([left, right, id]);
    training.merge(top, id);
  }
  return { merges, names: training.names };
}

class Training {
  readonly names: string[];
  /** The symbols of all words, one word after the other; words grow shorter where they stand. */
  readonly #symbols: Int32Array;
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #times: Float64Array;
  readonly #pairs = new PairTable(1 << 16);
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #counts: number[] = [];
  readonly #heap: Waiting[] = [];
  /** Words in which a pair came up since the last merge. */
  readonly #found = new Map<number, number[]>();

  constructor(words: Iterable<Word>, names: readonly string[]) {
    this.names = [...names];
    const list = Array.from(words).filter(({ symbols }) => symbols.length > 1);
    this.#starts = new Int32Array(list.length);
    this.#lengths = Int32Array.from(list, ({ symbols }) => symbols.length);
    this.#times = Float64Array.from(list, ({ count }) => count);
    this.#symbols = new Int32Array(this.#lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const [word, { symbols }] of list.entries()) {
      this.#starts[word] = at;
      this.#symbols.set(symbols, at);
      at += symbols.length;
      for (let i = 1; i < symbols.length; i++) this.#count(symbols[i - 1], symbols[i], 1, word);
    }
    this.#offerFound();
  }

  partsOf(pair: number): readonly [number, number] {
    return [this.#left[pair], this.#right[pair]];
  }

  /** The pair whose turn it is; counts that have changed since are put right first. */
  next(): Waiting | undefined {
    for (;;) {
      const top = this.#pop();
      if (top === undefined) return undefined;
      const count = this.#counts[top.pair];
      if (top.count === count) return top;
      top.count = count;
      this.#push(top);
    }
  }

  /** Merges a pair wherever it stands. */
  merge({ pair, words }: Waiting, made: number): void {
    const [left, right] = this.partsOf(pair);
    for (const word of words) this.#mergeIn(word, left, right, made);
    this.#offerFound();
  }

  #mergeIn(word: number, left: number, right: number, made: number): void {
    const symbols = this.#symbols;
    const start = this.#starts[word];
    const end = start + this.#lengths[word];
    let to = start;
    for (let from = start; from < end; ) {
      if (symbols[from] !== left || from + 1 >= end || symbols[from + 1] !== right) {
        symbols[to++] = symbols[from++];
        continue;
      }
      from += 2;
      if (to > start) {
        this.#count(symbols[to - 1], left, -1, word);
        this.#count(symbols[to - 1], made, 1, word);
      }
      if (from < end) {
        this.#count(right, symbols[from], -1, word);
        this.#count(made, symbols[from], 1, word);
      }
      symbols[to++] = made;
    }
    this.#lengths[word] = to - start;
  }

  #count(left: number, right: number, change: number, word: number): void {
    let pair = this.#pairs.get(left, right);
    if (pair < 0) {
      pair = this.#left.length;
      this.#pairs.set(left, right, pair);
      this.#left.push(left);
      this.#right.push(right);
      this.#counts.push(0);
    }
    this.#counts[pair] += change * this.#times[word];
    if (change < 0) return;
    const found = this.#found.get(pair);
    if (found === undefined) this.#found.set(pair, [word]);
    else if (found.at(-1) !== word) found.push(word);
  }

  #offerFound(): void {
    for (const [pair, words] of this.#found) {
      const count = this.#counts[pair];
      if (count > 0) this.#push({ pair, count, words });
    }
    this.#found.clear();
  }

  #before(a: Waiting, b: Waiting): boolean {
    if (a.count !== b.count) return a.count > b.count;
    const byLeft = this.#left[a.pair] - this.#left[b.pair];
    return byLeft === 0 ? this.#right[a.pair] < this.#right[b.pair] : byLeft < 0;
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(waiting);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(waiting, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = waiting;
  }

  #pop(): Waiting | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#before(heap[child + 1], heap[child])) child++;
      if (!this.#before(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
