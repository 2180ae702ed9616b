/** Given indices in random order. */
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import type { Sampler } from "../../contracts/sampler.js";
import { Generator } from "../generator.js";
import { Permutation } from "../permutation.js";
import { recipeFor } from "../recipe-of.js";
import { digestOf } from "./digest.js";
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

  get population(): ArrayLike<number> {
    return this.#indices;
  }

  get description(): string {
    const source = this.generator === undefined ? `seed ${this.#seed}` : "a generator";
    return `random, ${source}, of ${this.length} given indices (${digestOf(this.#indices)})`;
  }

  [recipeOf](): ValueRecipe {
    const { generator } = this;
    const options = generator ? { generator } : { seed: this.#seed };
    return recipeFor(this, SubsetRandomSampler, import.meta.url, [this.#indices, options]);
  }

  indices(epoch = 0): Iterable<number> {
    return this.indicesFrom(epoch, 0);
  }

  *indicesFrom(epoch: number, from: number): Iterable<number> {
    const n = this.#indices.length;
    const generator = this.generator?.lend(Permutation.drawsOf(n)) ?? new Generator(this.#seed + epoch);
    const permutation = new Permutation(n, generator);
    for (let place = from; place < n; place++) yield this.#indices[permutation.at(place)];
  }
}
