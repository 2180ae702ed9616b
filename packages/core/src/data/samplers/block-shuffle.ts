/** A random order whose reads stay near each other. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { shuffle } from "./shuffle.js";
import { checkPositiveInteger, checkSeed, checkSized } from "./validation.js";

/** How far a `BlockShuffleSampler` mixes. */
export interface BlockShuffleSamplerOptions {
  /** Neighbouring indices that are cheap to read together: a chunk of the file, a page of the table. */
  readonly blockSize: number;
  /** How many blocks are mixed at a time; default 16. 1 keeps blocks apart, all of them is a full shuffle. */
  readonly bufferBlocks?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Every index once: blocks of neighbours in random order, and the indices of each `bufferBlocks` successive blocks
 * shuffled together, so that reads touch few blocks at a time; for sources that read neighbours cheaply. (Streams do
 * the same with a shuffle buffer.) The last block may be shorter.
 *
 * The order is a function of (seed, epoch). Costs 4 bytes per index of the buffer and 4 per block, not per sample.
 * OPTION_INVALID for sizes that are not positive.
 */
export class BlockShuffleSampler implements Sampler {
  readonly blockSize: number;
  readonly bufferBlocks: number;
  readonly #dataset: { readonly length: number };
  readonly #seed: number;

  constructor(dataset: { readonly length: number }, options: BlockShuffleSamplerOptions) {
    checkSized(dataset);
    this.#dataset = dataset;
    this.blockSize = checkPositiveInteger("blockSize", options.blockSize);
    this.bufferBlocks = checkPositiveInteger("bufferBlocks", options.bufferBlocks ?? 16);
    this.#seed = checkSeed(options.seed ?? 0);
  }

  get length(): number {
    return this.#dataset.length;
  }

  get description(): string {
    return `${this.bufferBlocks} blocks of ${this.blockSize} at a time, seed ${this.#seed}`;
  }

  indices(epoch = 0): Iterable<number> {
    return this.indicesFrom(epoch, 0);
  }

  *indicesFrom(epoch: number, from: number): Iterable<number> {
    const { length } = this;
    const generator = new Generator(this.#seed + epoch);
    const blocks = randperm(Math.ceil(length / this.blockSize), generator);
    let left = from;
    for (let first = 0; first < blocks.length; first += this.bufferBlocks) {
      const size = this.#sizeOf(blocks.subarray(first, first + this.bufferBlocks));
      if (left >= size) {
        left -= size;
        generator.discard((size - 1) * Generator.drawsOf(size));
        continue;
      }
      const buffer: number[] = [];
      for (const block of blocks.subarray(first, first + this.bufferBlocks)) {
        const end = Math.min(length, (block + 1) * this.blockSize);
        for (let index = block * this.blockSize; index < end; index++) buffer.push(index);
      }
      shuffle(buffer, generator);
      yield* left > 0 ? buffer.slice(left) : buffer;
      left = 0;
    }
  }

  /** Indices in these blocks: the last one may be shorter. */
  #sizeOf(blocks: Int32Array): number {
    const short = Math.ceil(this.length / this.blockSize) * this.blockSize - this.length;
    const last = Math.ceil(this.length / this.blockSize) - 1;
    return blocks.length * this.blockSize - (blocks.includes(last) ? short : 0);
  }
}
