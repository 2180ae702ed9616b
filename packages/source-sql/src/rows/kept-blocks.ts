/** The blocks that were read last, as many as a budget holds. */
import type { Block } from "./block.js";

/** Bytes of blocks that one thread keeps. */
const budget = 64 * 2 ** 20;

/** Bytes, and blocks, that are read with one query where one block is asked for after the other. */
const mostAhead = { bytes: budget / 8, blocks: 8 };

export interface BlockStore {
  /** Blocks that there are. */
  readonly count: number;
  /** Bytes of a block, as long as none was read. */
  readonly estimate: number;
  /** Reads `count` blocks from one on. */
  readonly read: (number: number, count: number) => Promise<readonly Block[]>;
  /** A block that nobody reads any more. */
  readonly forget: (block: Block) => void;
}

interface Kept {
  readonly block: Promise<Block>;
  /** It, once it is read. */
  ready?: Block;
  users: number;
}

export class KeptBlocks {
  readonly #store: BlockStore;
  readonly #blocks = new Map<number, Kept>();
  #total = 0;
  #largest: number;
  #last = -2;

  constructor(store: BlockStore) {
    this.#store = store;
    this.#largest = store.estimate;
  }

  /** Blocks that fit at a time, as far as is known from those that were read. */
  get capacity(): number {
    return Math.max(1, Math.floor(budget / this.#largest));
  }

  /** Has `work` read these blocks, which nobody forgets before it is through. */
  async use<T>(
    numbers: readonly number[],
    work: (blocks: ReadonlyMap<number, Block>) => Promise<T>,
  ): Promise<T> {
    const used: Kept[] = [];
    try {
      const blocks = new Map<number, Block>();
      for (const number of numbers) {
        const kept = this.#get(number);
        kept.users++;
        used.push(kept);
        blocks.set(number, await kept.block);
      }
      return await work(blocks);
    } finally {
      for (const kept of used) kept.users--;
      this.#shrink();
    }
  }

  #get(number: number): Kept {
    const known = this.#blocks.get(number);
    const isNext = number === this.#last + 1;
    this.#last = number;
    if (known !== undefined) {
      this.#blocks.delete(number);
      this.#blocks.set(number, known);
      return known;
    }
    const count = isNext ? this.#ahead(number) : 1;
    const reading = this.#store.read(number, count);
    // The one that is asked for is the youngest.
    for (let next = number + count - 1; next >= number; next--) this.#keep(next, reading, next - number);
    return this.#blocks.get(number) as Kept;
  }

  /** How many blocks to read from one on that is asked for after the one before it. */
  #ahead(number: number): number {
    const most = Math.min(mostAhead.blocks, Math.floor(mostAhead.bytes / this.#largest));
    let count = 1;
    while (count < most && number + count < this.#store.count && !this.#blocks.has(number + count)) count++;
    return count;
  }

  #keep(number: number, reading: Promise<readonly Block[]>, at: number): void {
    const kept: Kept = { block: reading.then((blocks) => blocks[at]), users: 0 };
    this.#blocks.set(number, kept);
    kept.block.then(
      (block) => {
        kept.ready = block;
        this.#total += block.bytes;
        this.#largest = Math.max(this.#largest, block.bytes);
      },
      () => this.#blocks.delete(number),
    );
  }

  #shrink(): void {
    for (const [number, { ready, users }] of this.#blocks) {
      if (this.#total <= budget) return;
      if (ready === undefined || users > 0) continue;
      this.#total -= ready.bytes;
      this.#blocks.delete(number);
      this.#store.forget(ready);
    }
  }
}
