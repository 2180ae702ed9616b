/** A new permutation for each epoch, a function of (seed, epoch). */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";

/**
 * Every index once in random order: `randperm` of torch's generator at `seed + epoch`, which is the order that torch's
 * DistributedSampler gives a single replica. An epoch costs 4 bytes per sample.
 */
export function randomSampler(dataset: { readonly length: number }, seed: number): Sampler {
  return {
    get length() {
      return dataset.length;
    },
    indices: (epoch) => randperm(dataset.length, new Generator(seed + epoch)),
  };
}
