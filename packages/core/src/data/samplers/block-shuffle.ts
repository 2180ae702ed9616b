/** A random order whose reads stay near each other. */
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { recipeFor } from "../recipe-of.js";
import { shuffle } from "./shuffle.js";
import { blocksOf, type Placed } from "./blocks-of.js";
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
 * Of a part of a split, a `Subset`, neighbours are those that are neighbours in the source, by `origin`: the random order of
 * the part itself does not count.
 *
 * The order is a function of (seed, epoch). Costs 4 bytes per index of the buffer and 4 per block, not per sample; 12 per
 * sample more over a part.
 * OPTION_INVALID for sizes that are not positive.
 */
export class BlockShuffleSampler implements Sampler {
  readonly blockSize: number;
  readonly bufferBlocks: number;
  readonly #dataset: Placed;
  readonly #seed: number;

  constructor(dataset: Placed, options: BlockShuffleSamplerOptions) {
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
    const whose = this.#dataset.origin === undefined ? "" : " of the source";
    return `${this.bufferBlocks} blocks of ${this.blockSize}${whose} at a time, seed ${this.#seed}`;
  }

  [recipeOf](): ValueRecipe {
    const { blockSize, bufferBlocks } = this;
    const { length, origin } = this.#dataset;
    const options = { blockSize, bufferBlocks, seed: this.#seed };
    const of = origin === undefined ? { length } : this.#dataset;
    return recipeFor(this, BlockShuffleSampler, import.meta.url, [of, options]);
  }

  indices(epoch = 0): Iterable<number> {
    return this.indicesFrom(epoch, 0);
  }

  *indicesFrom(epoch: number, from: number): Iterable<number> {
    const generator = new Generator(this.#seed + epoch);
    const blocks = blocksOf(this.#dataset, this.blockSize);
    const order = randperm(blocks.count, generator);
    let left = from;
    for (let first = 0; first < order.length; first += this.bufferBlocks) {
      const mixed = order.subarray(first, first + this.bufferBlocks);
      const size = mixed.reduce((sum, block) => sum + blocks.sizeOf(block), 0);
      if (left >= size) {
        left -= size;
        generator.discard((size - 1) * Generator.drawsOf(size));
        continue;
      }
      const buffer: number[] = [];
      for (const block of mixed) blocks.addTo(buffer, block);
      shuffle(buffer, generator);
      yield* left > 0 ? buffer.slice(left) : buffer;
      left = 0;
    }
  }
}
