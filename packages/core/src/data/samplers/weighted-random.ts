/** Indices drawn by weight. */
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import type { Sampler } from "../../contracts/sampler.js";
import { Generator } from "../generator.js";
import { recipeFor } from "../recipe-of.js";
import { digestOf } from "./digest.js";
import { checkDraw, drawMultinomial } from "./multinomial.js";
import { checkBoolean, checkNonNegativeNumbers, checkRandomness, type Randomness } from "./validation.js";

/** What a `WeightedRandomSampler` draws, and from where. */
export interface WeightedRandomSamplerOptions extends Randomness {
  /** Whether an index may come more than once in an epoch; default true. */
  readonly replacement?: boolean | undefined;
}

/**
 * `numSamples` indices per epoch, drawn in proportion to `weights`, one finite weight ≥ 0 per sample of the dataset
 * (torch.utils.data.WeightedRandomSampler; `multinomial` says how). Keeps a copy of the weights, 8 bytes each; an epoch
 * costs 4 bytes per draw and 8 per weight, without replacement 28 per weight.
 *
 * Without `generator`, epoch e is what torch gives with `Generator(seed + e)`. OPTION_INVALID, already here and not at
 * the first draw, for everything that `multinomial` refuses.
 */
export class WeightedRandomSampler implements Sampler {
  readonly numSamples: number;
  readonly replacement: boolean;
  readonly generator: Generator | undefined;
  readonly #weights: Float64Array;
  readonly #seed: number;

  constructor(weights: ArrayLike<number>, numSamples: number, options: WeightedRandomSamplerOptions = {}) {
    this.#seed = checkRandomness(options);
    this.replacement = checkBoolean("replacement", options.replacement ?? true);
    this.#weights = checkNonNegativeNumbers("weights", weights);
    checkDraw(this.#weights, numSamples, this.replacement);
    this.numSamples = numSamples;
    this.generator = options.generator;
  }

  get length(): number {
    return this.numSamples;
  }

  get description(): string {
    const source = this.generator === undefined ? `seed ${this.#seed}` : "a generator";
    const how = this.replacement ? "with" : "without";
    return `${this.numSamples} by weight (${digestOf(this.#weights)}), ${how} replacement, ${source}`;
  }

  [recipeOf](): ValueRecipe {
    const { replacement, generator } = this;
    const options = { replacement, ...(generator ? { generator } : { seed: this.#seed }) };
    const args = [this.#weights, this.numSamples, options];
    return recipeFor(this, WeightedRandomSampler, import.meta.url, args);
  }

  *indices(epoch = 0): Iterable<number> {
    const generator = this.generator ?? new Generator(this.#seed + epoch);
    yield* drawMultinomial(this.#weights, this.numSamples, this.replacement, generator);
  }
}
