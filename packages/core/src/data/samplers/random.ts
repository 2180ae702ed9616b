/** Indices in random order, with or without replacement. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
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
 * with `numSamples` above the dataset's length one permutation after the other, the last one cut short.
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

  indices(epoch = 0): Iterable<number> {
    if (this.generator !== undefined) return this.#draw(this.generator);
    const generator = new Generator(this.#seed + epoch);
    const whole = !this.replacement && this.numSamples === this.#dataset.length;
    return whole ? randperm(this.#dataset.length, generator) : this.#draw(generator);
  }

  *#draw(generator: Generator): Iterable<number> {
    const { numSamples } = this;
    const n = this.#dataset.length;
    if (n === 0) {
      if (numSamples === 0) return;
      invalid(`a random sampler of ${numSamples} indices needs a dataset that is not empty`);
    }
    if (this.replacement) {
      for (let rest = numSamples; rest > 0; rest -= drawnAtOnce) {
        yield* Array.from({ length: Math.min(rest, drawnAtOnce) }, () => generator.randint(n));
      }
      return;
    }
    const whole = Math.floor(numSamples / n);
    for (let pass = 0; pass < whole; pass++) yield* randperm(n, generator);
    yield* randperm(n, generator).subarray(0, numSamples % n);
  }
}
