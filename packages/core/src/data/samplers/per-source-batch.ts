/** Batches that do not mix sources. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { digestOf } from "./digest.js";
import { type Groups, groupIndices, shuffledMembers } from "./grouping.js";
import { checkBoolean, checkPositiveInteger, checkSeed } from "./validation.js";

/** How a `PerSourceBatchSampler` cuts batches. */
export interface PerSourceBatchSamplerOptions {
  readonly batchSize: number;
  /** Default 0. */
  readonly seed?: number | undefined;
  /**
   * Leaves out each source's last, smaller batch; default false. A source with fewer than `batchSize` samples then has
   * no batch at all.
   */
  readonly dropLast?: boolean | undefined;
}

/**
 * Batches of samples from one source each (a language, a task, a camera), in random order within the source, and the
 * batches of all sources in random order. `sources` has one number or string per sample.
 *
 * The order is a function of (seed, epoch), and each epoch has the same number of batches. Keeps 4 bytes per sample; an
 * epoch costs 4 bytes per sample and 8 per batch. OPTION_INVALID for a source that is neither number nor string.
 */
export class PerSourceBatchSampler implements Sampler<readonly number[]> {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly #seed: number;
  readonly #groups: Groups;
  /** Where each batch begins and ends in the grouped order. */
  readonly #batches: readonly (readonly [start: number, end: number])[];

  constructor(sources: ArrayLike<number | string>, options: PerSourceBatchSamplerOptions) {
    this.batchSize = checkPositiveInteger("batchSize", options.batchSize);
    this.#seed = checkSeed(options.seed ?? 0);
    this.dropLast = checkBoolean("dropLast", options.dropLast ?? false);
    this.#groups = groupIndices("sources", sources);
    this.#batches = this.#cut();
  }

  get length(): number {
    return this.#batches.length;
  }

  get description(): string {
    const { members, starts } = this.#groups;
    const digest = `${digestOf(members)}, ${digestOf(starts)}`;
    return `batches per source of ${this.batchSize} (${digest}), seed ${this.#seed}${this.dropLast ? ", last ones dropped" : ""}`;
  }

  *indices(epoch = 0): Iterable<readonly number[]> {
    const generator = new Generator(this.#seed + epoch);
    const order = shuffledMembers(this.#groups, generator);
    for (const batch of randperm(this.#batches.length, generator)) {
      yield Array.from(order.subarray(...this.#batches[batch]));
    }
  }

  #cut(): [number, number][] {
    const { starts } = this.#groups;
    const batches: [number, number][] = [];
    for (let source = 0; source + 1 < starts.length; source++) {
      const sourceEnd = starts[source + 1];
      for (let start = starts[source]; start < sourceEnd; start += this.batchSize) {
        const end = Math.min(start + this.batchSize, sourceEnd);
        if (end - start === this.batchSize || !this.dropLast) batches.push([start, end]);
      }
    }
    return batches;
  }
}
