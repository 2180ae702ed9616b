/** Batches of similar length. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { argsort } from "./argsort.js";
import { digestOf } from "./digest.js";
import {
  checkBoolean,
  checkNonNegativeNumbers,
  checkPositiveInteger,
  checkSeed,
  invalid,
} from "./validation.js";

/** How a `BucketBatchSampler` groups lengths. */
export interface BucketBatchSamplerOptions {
  readonly batchSize: number;
  /**
   * Samples per bucket; default 10 × `batchSize`. Smaller buckets pad less, larger ones vary more from epoch to epoch:
   * 1 always makes the same batches, the whole dataset makes random ones.
   */
  readonly bucketSize?: number | undefined;
  /** The number of buckets, instead of their size. */
  readonly numBuckets?: number | undefined;
  /** Default true; false goes from short to long, in the same order every epoch. */
  readonly shuffle?: boolean | undefined;
  /** Leaves out the last batch if it is smaller; default false. With `shuffle`, samples of any length are left out. */
  readonly dropLast?: boolean | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Every index once, in batches of similar length, so that padding is small. Sorted by length the samples fall into
 * buckets of equal size; an epoch shuffles each bucket, cuts the whole into batches (one that crosses a border takes from
 * two neighbouring buckets) and puts the batches in random order, a smaller one last.
 *
 * `lengths` has one number ≥ 0 per sample. The order is a function of (seed, epoch). Keeps 4 bytes per sample; an epoch
 * costs 8. OPTION_INVALID for sizes that are not positive, and for both `bucketSize` and `numBuckets`.
 */
export class BucketBatchSampler implements Sampler<readonly number[]> {
  readonly batchSize: number;
  readonly bucketSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly #seed: number;
  /** Each sample's place among all, by length. */
  readonly #rank: Int32Array;

  constructor(lengths: ArrayLike<number>, options: BucketBatchSamplerOptions) {
    this.batchSize = checkPositiveInteger("batchSize", options.batchSize);
    this.bucketSize = bucketSizeOf(lengths.length, options);
    this.shuffle = checkBoolean("shuffle", options.shuffle ?? true);
    this.dropLast = checkBoolean("dropLast", options.dropLast ?? false);
    this.#seed = checkSeed(options.seed ?? 0);
    this.#rank = new Int32Array(lengths.length);
    argsort(checkNonNegativeNumbers("lengths", lengths)).forEach((index, rank) => {
      this.#rank[index] = rank;
    });
  }

  get length(): number {
    const share = this.#rank.length / this.batchSize;
    return this.dropLast ? Math.floor(share) : Math.ceil(share);
  }

  get description(): string {
    const how = this.shuffle ? `shuffled, seed ${this.#seed}` : "from short to long";
    const last = this.dropLast ? ", last one dropped" : "";
    return `batches of ${this.batchSize} from buckets of ${this.bucketSize} (${digestOf(this.#rank)}), ${how}${last}`;
  }

  *indices(epoch = 0): Iterable<readonly number[]> {
    const generator = new Generator(this.#seed + epoch);
    const order = this.#order(generator);
    const whole = Math.floor(order.length / this.batchSize);
    const turns = this.shuffle ? randperm(whole, generator) : Array(whole).keys();
    for (const batch of turns) yield this.#batch(order, batch);
    if (whole < this.length) yield this.#batch(order, whole);
  }

  #batch(order: Int32Array, batch: number): number[] {
    return Array.from(order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize));
  }

  /** The samples of an epoch, bucket after bucket: a counting sort by bucket, which keeps the random order within. */
  #order(generator: Generator): Int32Array {
    const n = this.#rank.length;
    const bucketSize = this.shuffle ? this.bucketSize : 1;
    const samples = this.shuffle ? randperm(n, generator) : Int32Array.from(this.#rank.keys());
    const kept = samples.subarray(0, this.shuffle && this.dropLast ? this.length * this.batchSize : n);
    const next = new Int32Array(Math.ceil(n / bucketSize) + 1);
    for (const index of kept) next[Math.floor(this.#rank[index] / bucketSize) + 1]++;
    for (let bucket = 1; bucket < next.length; bucket++) next[bucket] += next[bucket - 1];
    const order = new Int32Array(kept.length);
    for (const index of kept) order[next[Math.floor(this.#rank[index] / bucketSize)]++] = index;
    return order;
  }
}

function bucketSizeOf(samples: number, options: BucketBatchSamplerOptions): number {
  const { batchSize, bucketSize, numBuckets } = options;
  if (numBuckets === undefined) return checkPositiveInteger("bucketSize", bucketSize ?? 10 * batchSize);
  if (bucketSize !== undefined) {
    invalid(
      `buckets have a bucketSize or a numBuckets, not both, was ${bucketSize} and ${numBuckets}`,
      "Leave one out.",
    );
  }
  return Math.max(1, Math.ceil(samples / checkPositiveInteger("numBuckets", numBuckets)));
}
