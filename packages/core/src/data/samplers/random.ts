/** Indices in random order, with or without replacement. */
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import type { Sampler } from "../../contracts/sampler.js";
import { Generator } from "../generator.js";
import { Permutation } from "../permutation.js";
import { Permuted } from "../permuted.js";
import { recipeFor } from "../recipe-of.js";
import {
  checkBoolean,
  checkPositiveInteger,
  checkRandomness,
  checkSized,
  invalid,
  type Randomness,
} from "./validation.js";

/** torch draws this many at a time, which a pass that stops early leaves visible in the generator. */
const drawnAtOnce = 32;

/** What a `RandomSampler` draws, and from where. */
export interface RandomSamplerOptions extends Randomness {
  /** Whether an index may come more than once; default false. Costs no memory, where a permutation is 4 bytes a sample. */
  readonly replacement?: boolean | undefined;
  /** Indices per epoch; by default the dataset's length, read anew for each epoch. */
  readonly numSamples?: number | undefined;
}

/**
 * The dataset's indices at random (torch.utils.data.RandomSampler). Without replacement an epoch is a permutation, and
 * with `numSamples` above the dataset's length one permutation after the other, the last one cut short. A permutation is
 * drawn as far as it is read (up to 2.1 · 10^8 samples; longer ones whole), and has less than 2^31 elements.
 *
 * Without `generator`, epoch e is what torch gives with `Generator(seed + e)`. With one, each pass draws what torch's
 * would, when its indices are asked for; like torch's, a complete pass ends with a permutation that nobody sees.
 *
 * OPTION_INVALID as in torch: `replacement` that is no boolean, `numSamples` that is not positive, an empty dataset.
 */
export class RandomSampler implements Sampler {
  readonly replacement: boolean;
  readonly generator: Generator | undefined;
  readonly #dataset: { readonly length: number };
  readonly #numSamples: number | undefined;
  readonly #seed: number;
  /** The permutation that was asked for last, as long as somebody reads it. */
  #latest: { readonly epoch: number; readonly permutation: WeakRef<Permutation> } | undefined;

  constructor(dataset: { readonly length: number }, options: RandomSamplerOptions = {}) {
    checkSized(dataset);
    this.#seed = checkRandomness(options);
    this.#dataset = dataset;
    this.replacement = checkBoolean("replacement", options.replacement ?? false);
    this.#numSamples = options.numSamples;
    this.generator = options.generator;
    checkPositiveInteger("numSamples", this.numSamples);
  }

  /** Indices per epoch. */
  get numSamples(): number {
    return this.#numSamples ?? this.#dataset.length;
  }

  get length(): number {
    return this.numSamples;
  }

  get description(): string {
    const source = this.generator === undefined ? `seed ${this.#seed}` : "a generator";
    const how = this.replacement ? ", with replacement" : "";
    return `random${how}, ${source}${this.#numSamples === undefined ? "" : `, ${this.#numSamples} indices`}`;
  }

  indices(epoch = 0): Iterable<number> {
    return this.indicesFrom(epoch, 0);
  }

  indicesFrom(epoch: number, from: number): Iterable<number> {
    const n = this.#dataset.length;
    const { generator } = this;
    const whole = !this.replacement && this.numSamples === n && n > 0;
    if (!whole) return this.#draw(generator ?? new Generator(this.#seed + epoch), from);
    if (generator === undefined)
      return new Permuted({ open: () => this.#permutation(epoch, n), from, end: n });
    const draws = Permutation.drawsOf(n);
    return new Permuted({
      open: () => new Permutation(n, generator.lend(draws)),
      from,
      end: n,
      complete: () => void generator.lend(draws),
    });
  }

  /** In a stream: of the dataset, whose samples have a recipe of their own, only the length counts. */
  [recipeOf](): ValueRecipe {
    const { replacement, generator } = this;
    const options = {
      replacement,
      numSamples: this.#numSamples,
      ...(generator ? { generator } : { seed: this.#seed }),
    };
    return recipeFor(this, RandomSampler, import.meta.url, [{ length: this.#dataset.length }, options]);
  }

  /** One that is being read serves whoever else wants the same. */
  #permutation(epoch: number, n: number): Permutation {
    const latest = this.#latest?.epoch === epoch ? this.#latest.permutation.deref() : undefined;
    if (latest?.length === n) return latest;
    const permutation = new Permutation(n, new Generator(this.#seed + epoch));
    this.#latest = { epoch, permutation: new WeakRef(permutation) };
    return permutation;
  }

  *#draw(generator: Generator, from: number): Iterable<number> {
    const { numSamples } = this;
    const n = this.#dataset.length;
    if (n === 0) {
      if (numSamples === 0) return;
      invalid(`a random sampler of ${numSamples} indices needs a dataset that is not empty`);
    }
    if (this.replacement) {
      const skipped = Math.floor(Math.min(from, numSamples) / drawnAtOnce) * drawnAtOnce;
      generator.discard(skipped * Generator.drawsOf(n));
      for (let at = skipped; at < numSamples; at += drawnAtOnce) {
        const drawn = Array.from({ length: Math.min(numSamples - at, drawnAtOnce) }, () =>
          generator.randint(n),
        );
        yield* drawn.slice(Math.max(0, from - at));
      }
      return;
    }
    // As torch: one more permutation than are read whole, of which the rest is taken, or nothing.
    for (let at = 0; at <= numSamples; at += n) {
      const permutation = new Permutation(n, generator.lend(Permutation.drawsOf(n)));
      yield* new Permuted({
        open: () => permutation,
        from: Math.max(0, from - at),
        end: Math.min(n, numSamples - at),
      });
    }
  }
}
