/** Batches that hold every class in proportion. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { digestOf } from "./digest.js";
import { type Groups, groupIndices, shuffledMembers } from "./grouping.js";
import { shuffle } from "./shuffle.js";
import { checkBoolean, checkPositiveInteger, checkSeed } from "./validation.js";

/** How a `StratifiedBatchSampler` cuts batches. */
export interface StratifiedBatchSamplerOptions {
  readonly batchSize: number;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Leaves out the last batch if it is smaller; default false. Which samples that are differs from epoch to epoch. */
  readonly dropLast?: boolean | undefined;
}

/**
 * Every index once, in batches that hold each class in proportion: as many of it as its share of the batch, rounded up
 * or down. `labels` has one number or string per sample. A class with fewer samples than there are batches comes in as
 * many batches as it has samples.
 *
 * The samples, class after class and shuffled within each, are dealt out like cards, one batch after the other in turn;
 * those of a smaller last batch are taken out before, at even distances. The order is a function of (seed, epoch). Keeps
 * 4 bytes per sample; an epoch costs 8. OPTION_INVALID for a label that is neither number nor string.
 */
export class StratifiedBatchSampler implements Sampler<readonly number[]> {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly #seed: number;
  readonly #classes: Groups;

  constructor(labels: ArrayLike<number | string>, options: StratifiedBatchSamplerOptions) {
    this.batchSize = checkPositiveInteger("batchSize", options.batchSize);
    this.#seed = checkSeed(options.seed ?? 0);
    this.dropLast = checkBoolean("dropLast", options.dropLast ?? false);
    this.#classes = groupIndices("labels", labels);
  }

  get length(): number {
    const share = this.#classes.members.length / this.batchSize;
    return this.dropLast ? Math.floor(share) : Math.ceil(share);
  }

  get description(): string {
    const { members, starts } = this.#classes;
    const digest = `${digestOf(members)}, ${digestOf(starts)}`;
    return `stratified batches of ${this.batchSize} (${digest}), seed ${this.#seed}${this.dropLast ? ", last ones dropped" : ""}`;
  }

  *indices(epoch = 0): Iterable<readonly number[]> {
    const generator = new Generator(this.#seed + epoch);
    const { dealt, left } = this.#takeOut(shuffledMembers(this.#classes, generator), generator);
    const batches = dealt.length / this.batchSize;
    for (const first of randperm(batches, generator)) {
      const batch = Array.from({ length: this.batchSize }, (_, turn) => dealt[first + turn * batches]);
      shuffle(batch, generator);
      yield batch;
    }
    if (left.length === 0 || this.dropLast) return;
    shuffle(left, generator);
    yield left;
  }

  /** Splits off as many samples as do not fill a batch, at even distances from a random start. */
  #takeOut(order: Int32Array, generator: Generator): { dealt: Int32Array; left: number[] } {
    const n = order.length;
    const rest = n % this.batchSize;
    const left: number[] = [];
    if (rest === 0) return { dealt: order, left };
    const start = generator.randint(n);
    const dealt = new Int32Array(n - rest);
    for (let place = 0; place < n; place++) {
      const takenOut = left.length < rest && place === Math.floor((left.length * n + start) / rest);
      if (takenOut) left.push(order[place]);
      else dealt[place - left.length] = order[place];
    }
    return { dealt, left };
  }
}
