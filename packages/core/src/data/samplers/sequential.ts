/** Indices in order. */
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import type { Sampler } from "../../contracts/sampler.js";
import { recipeFor } from "../recipe-of.js";
import { checkSized } from "./validation.js";

/** Every index in order, 0 … length − 1 (torch.utils.data.SequentialSampler); the dataset may grow between epochs. */
export class SequentialSampler implements Sampler {
  readonly #dataset: { readonly length: number };

  /** OPTION_INVALID for a dataset without a length. */
  constructor(dataset: { readonly length: number }) {
    checkSized(dataset);
    this.#dataset = dataset;
  }

  get length(): number {
    return this.#dataset.length;
  }

  get description(): string {
    return "sequential";
  }

  [recipeOf](): ValueRecipe {
    return recipeFor(this, SequentialSampler, import.meta.url, [{ length: this.length }]);
  }

  indices(epoch = 0): Generator<number, void> {
    return this.indicesFrom(epoch, 0);
  }

  *indicesFrom(_epoch: number, from: number): Generator<number, void> {
    const { length } = this.#dataset;
    for (let index = from; index < length; index++) yield index;
  }
}
