/** Given indices in random order. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { checkRandomness, checkSequence, type Randomness } from "./validation.js";

/**
 * Each of `indices` once, in random order (torch.utils.data.SubsetRandomSampler). The array is not copied: what is added
 * to it counts from the next epoch on. An epoch costs 4 bytes per index. OPTION_INVALID if `indices` is no array.
 *
 * Without `generator`, epoch e is what torch gives with `Generator(seed + e)`.
 */
export class SubsetRandomSampler implements Sampler {
  readonly generator: Generator | undefined;
  readonly #indices: ArrayLike<number>;
  readonly #seed: number;

  constructor(indices: ArrayLike<number>, options: Randomness = {}) {
    checkSequence("indices", indices);
    this.#seed = checkRandomness(options);
    this.#indices = indices;
    this.generator = options.generator;
  }

  get length(): number {
    return this.#indices.length;
  }

  *indices(epoch = 0): Iterable<number> {
    const generator = this.generator ?? new Generator(this.#seed + epoch);
    for (const place of randperm(this.#indices.length, generator)) yield this.#indices[place];
  }
}
