/** Batches of as many samples as fit a number of tokens. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { argsort } from "./argsort.js";
import { digestOf } from "./digest.js";
import { shuffle } from "./shuffle.js";
import {
  checkBoolean,
  checkNonNegativeNumbers,
  checkPositiveInteger,
  checkSeed,
  invalid,
  shown,
} from "./validation.js";

/** What a batch of a `TokenBudgetBatchSampler` may cost. */
export interface TokenBudgetBatchSamplerOptions {
  /** What a batch may cost at most, in the unit of `lengths`. */
  readonly maxTokens: number;
  /** How many samples a batch may have at most; no limit by default. */
  readonly maxBatchSize?: number | undefined;
  /** True, the default: a batch costs its longest sample times its size, as when padded. False: the sum of its lengths. */
  readonly padded?: boolean | undefined;
  /** Default true; false goes from short to long, in the same order every epoch. */
  readonly shuffle?: boolean | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /**
   * What becomes of a sample that costs more than `maxTokens` by itself: "error", the default, refuses it; "skip" leaves
   * it out, and `skipped` counts it; "alone" makes it a batch of its own, above the budget.
   */
  readonly oversize?: "error" | "skip" | "alone" | undefined;
}

/**
 * Every index once, in batches of similar length that cost at most `maxTokens` each. The samples, sorted by length, are
 * cut where the next one would not fit; an epoch exchanges samples of equal length at random and shuffles the batches.
 * The cuts stay, so each epoch has the same number of batches and pads the same amount (fairseq's `batch_by_size`).
 *
 * `lengths` has one number ≥ 0 per sample. The order is a function of (seed, epoch). Keeps up to 12 bytes per sample; an
 * epoch costs 4. OPTION_INVALID for limits that are not positive, and for samples that are too long, as `oversize` says.
 */
export class TokenBudgetBatchSampler implements Sampler<readonly number[]> {
  /** How many samples are left out because they are too long. */
  readonly skipped: number;
  /** How many samples fit, whichever they are. */
  readonly batchSize: number;
  readonly #seed: number;
  readonly #shuffle: boolean;
  /** Indices by length. */
  readonly #order: Int32Array<ArrayBuffer>;
  /** Where runs of equal length begin in the order, and its end. */
  readonly #runs: Int32Array;
  /** Where batches begin in the order, and its end. */
  readonly #cuts: Int32Array;

  constructor(lengths: ArrayLike<number>, options: TokenBudgetBatchSamplerOptions) {
    checkLimits(options);
    this.#seed = checkSeed(options.seed ?? 0);
    this.#shuffle = checkBoolean("shuffle", options.shuffle ?? true);
    const inOrderOfIndex = checkNonNegativeNumbers("lengths", lengths);
    const sorted = inOrderOfIndex.slice().sort();
    const batched = batchedSamples(sorted, inOrderOfIndex, options);
    this.skipped = sorted.length - batched;
    this.batchSize = anyThatFit(sorted[batched - 1] ?? 0, options);
    this.#order = argsort(inOrderOfIndex).slice(0, batched);
    this.#runs = runsOf(sorted.subarray(0, batched));
    this.#cuts = cutsOf(sorted.subarray(0, batched), options);
  }

  get length(): number {
    return this.#cuts.length - 1;
  }

  get description(): string {
    const how = this.#shuffle ? `shuffled, seed ${this.#seed}` : "from short to long";
    return `batches by tokens (${digestOf(this.#order)}, ${digestOf(this.#cuts)}), ${how}`;
  }

  *indices(epoch = 0): Iterable<readonly number[]> {
    const generator = new Generator(this.#seed + epoch);
    const order = this.#order.slice();
    if (this.#shuffle) {
      for (let run = 0; run + 1 < this.#runs.length; run++) {
        shuffle(order.subarray(this.#runs[run], this.#runs[run + 1]), generator);
      }
    }
    const turns = this.#shuffle ? randperm(this.length, generator) : Array(this.length).keys();
    for (const batch of turns) yield Array.from(order.subarray(this.#cuts[batch], this.#cuts[batch + 1]));
  }
}

function checkLimits({ maxTokens, maxBatchSize, padded, oversize }: TokenBudgetBatchSamplerOptions): void {
  checkPositiveInteger("maxTokens", maxTokens);
  if (maxBatchSize !== undefined) checkPositiveInteger("maxBatchSize", maxBatchSize);
  if (padded !== undefined) checkBoolean("padded", padded);
  if (oversize === undefined || ["error", "skip", "alone"].includes(oversize)) return;
  invalid(`oversize must be "error", "skip" or "alone", was ${shown(oversize)}`);
}

/** How many of the sorted samples come into batches: those that fit, or all. */
function batchedSamples(
  sorted: Float64Array,
  lengths: Float64Array,
  { maxTokens, oversize = "error" }: TokenBudgetBatchSamplerOptions,
): number {
  let fitting = sorted.length;
  while (fitting > 0 && sorted[fitting - 1] > maxTokens) fitting--;
  if (fitting === sorted.length || oversize === "alone") return sorted.length;
  if (oversize === "skip") return fitting;
  const first = lengths.findIndex((length) => length > maxTokens);
  return invalid(
    `every sample must fit maxTokens (${maxTokens}), but sample ${first} has ${lengths[first]}, ` +
      `and ${sorted.length - fitting} of ${sorted.length} samples do not fit`,
    `Raise maxTokens, or set oversize to "skip" or "alone".`,
  );
}

/** How many samples of the longest length fit. */
function anyThatFit(longest: number, { maxTokens, maxBatchSize = Infinity }: TokenBudgetBatchSamplerOptions) {
  return Math.max(1, Math.min(maxBatchSize, Math.floor(maxTokens / Math.max(1, longest))));
}

/** Where runs of equal length begin, and the end. */
function runsOf(sorted: Float64Array): Int32Array {
  const runs = [0];
  for (let place = 1; place < sorted.length; place++)
    if (sorted[place] !== sorted[place - 1]) runs.push(place);
  if (sorted.length > 0) runs.push(sorted.length);
  return Int32Array.from(runs);
}

/** Where batches begin, and the end: each is as large as its budget allows. */
function cutsOf(
  sorted: Float64Array,
  { maxTokens, maxBatchSize = Infinity, padded = true }: TokenBudgetBatchSamplerOptions,
): Int32Array {
  const cuts = [0];
  let start = 0;
  let tokens = 0;
  for (let place = 0; place < sorted.length; place++) {
    const samples = place - start + 1;
    tokens = padded ? sorted[place] * samples : tokens + sorted[place];
    const fits = tokens <= maxTokens && samples <= maxBatchSize;
    if (fits || samples === 1) continue;
    cuts.push(place);
    start = place;
    tokens = sorted[place];
  }
  if (sorted.length > 0) cuts.push(sorted.length);
  return Int32Array.from(cuts);
}
