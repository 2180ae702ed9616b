/** The share of one process out of several. */
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import type { Sampler } from "../../contracts/sampler.js";
import { Generator } from "../generator.js";
import { recipeFor } from "../recipe-of.js";
import { Permutation } from "../permutation.js";
import { checkBoolean, checkPositiveInteger, checkSeed, checkSized, invalid, shown } from "./validation.js";

/** Which share of the indices a `DistributedSampler` yields. */
export interface DistributedSamplerOptions {
  /** How many processes train together. */
  readonly numReplicas: number;
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** A new order in each epoch, at 4 bytes per sample of the whole dataset; default true. */
  readonly shuffle?: boolean | undefined;
  /** The same in every process; default 0. */
  readonly seed?: number | undefined;
  /** Leaves out the last samples that do not go round; default false, which repeats the first ones instead. */
  readonly dropLast?: boolean | undefined;
}

/**
 * Every `numReplicas`-th index from `rank` on, of an order that all processes share
 * (torch.utils.data.distributed.DistributedSampler): `randperm` at `seed + epoch`, or the dataset's order without
 * `shuffle`. All processes get the same number of indices. The epoch is an argument, so there is no `set_epoch` to forget.
 *
 * OPTION_INVALID for a rank outside 0 … numReplicas − 1; there is no process group to take the two from.
 */
export class DistributedSampler implements Sampler {
  readonly numReplicas: number;
  readonly rank: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly #dataset: { readonly length: number };

  constructor(dataset: { readonly length: number }, options: DistributedSamplerOptions) {
    checkSized(dataset);
    this.#dataset = dataset;
    this.numReplicas = checkPositiveInteger("numReplicas", options.numReplicas);
    this.rank = options.rank;
    this.shuffle = checkBoolean("shuffle", options.shuffle ?? true);
    this.seed = checkSeed(options.seed ?? 0);
    this.dropLast = checkBoolean("dropLast", options.dropLast ?? false);
    if (Number.isInteger(this.rank) && this.rank >= 0 && this.rank < this.numReplicas) return;
    invalid(`rank must be from 0 to ${this.numReplicas - 1}, was ${shown(options.rank)}`);
  }

  /** Indices per epoch and process. */
  get length(): number {
    const share = this.#dataset.length / this.numReplicas;
    return this.dropLast ? Math.floor(share) : Math.ceil(share);
  }

  get description(): string {
    const order = this.shuffle ? `random, seed ${this.seed}` : "sequential";
    return `${order}, ${this.rank} of ${this.numReplicas} replicas${this.dropLast ? ", last ones dropped" : ""}`;
  }

  [recipeOf](): ValueRecipe {
    const { numReplicas, rank, shuffle, seed, dropLast } = this;
    const options = { numReplicas, rank, shuffle, seed, dropLast };
    return recipeFor(this, DistributedSampler, import.meta.url, [{ length: this.#dataset.length }, options]);
  }

  indices(epoch = 0): Iterable<number> {
    return this.indicesFrom(epoch, 0);
  }

  *indicesFrom(epoch: number, from: number): Iterable<number> {
    const { length, numReplicas, rank } = this;
    const n = this.#dataset.length;
    const order = this.shuffle ? new Permutation(n, new Generator(this.seed + epoch)) : undefined;
    for (let turn = from; turn < length; turn++) {
      const place = (rank + turn * numReplicas) % n;
      yield order === undefined ? place : order.at(place);
    }
  }
}
