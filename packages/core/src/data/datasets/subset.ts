/** A dataset restricted to some indices of another. */
import type { Allocator } from "../../contracts/batch.js";
import type {
  ColumnValues,
  Dataset,
  DatasetFacts,
  FetchContext,
  FieldTypes,
} from "../../contracts/dataset.js";
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { fieldTypesOf, inferred } from "../field-types.js";
import { recipeFor } from "../recipe-of.js";
import { asDataset, type DatasetLike } from "./dataset-like.js";
import { resolveIndex } from "../../kit/index-rule.js";

/**
 * The samples of `dataset` at `indices`, in that order (torch.utils.data.Subset). Nothing is copied: index i is
 * `indices[i]` of the dataset, which also answers for `getMany`, `key`, `column` and `facts`. Closing is left to whoever
 * opened the dataset. Where a subclass overrides `get` alone, `getMany` and `getBatch` are not offered, so that no sample goes round it.
 *
 * @throws MillraceError OPTION_INVALID for a stream; DATASET_INDEX, when a sample is asked for, for an index out of range.
 */
export class Subset<S = unknown> implements Dataset<S> {
  readonly dataset: Dataset<S>;
  readonly indices: ArrayLike<number>;

  constructor(dataset: DatasetLike<S>, indices: ArrayLike<number>) {
    this.dataset = asDataset(dataset, "the dataset of a subset");
    this.indices = indices;
    const ownGet = this.get === Subset.prototype.get;
    if (this.dataset.getMany !== undefined && this.getMany === undefined && ownGet) {
      this.getMany = (wanted, context) => this.#getMany(wanted, context);
    }
    if (this.dataset.getBatch !== undefined && this.getBatch === undefined && ownGet) {
      this.getBatch = (wanted, context, allocator) => {
        const inner = wanted.map((index) => this.#inner(index));
        return this.dataset.getBatch?.(inner, context, allocator);
      };
    }
    if (this.dataset.getColumns !== undefined && this.getColumns === undefined && ownGet) {
      this.getColumns = (wanted, context, allocator, ragged) => {
        const inner = wanted.map((index) => this.#inner(index));
        return this.dataset.getColumns?.(inner, context, allocator, ragged);
      };
    }
    if (this.dataset.key !== undefined && this.key === undefined) this.key = (index) => this.#key(index);
  }

  /** Present where the dataset has it. */
  getMany?(indices: readonly number[], context: FetchContext): readonly S[] | Promise<readonly S[]>;

  /** Present where the dataset has it. */
  getBatch?(indices: readonly number[], context: FetchContext, allocator: Allocator): unknown;

  /** Present where the dataset has it. */
  getColumns?: NonNullable<Dataset<S>["getColumns"]>;

  /** Present where the dataset has it. */
  key?(index: number): string;

  get length(): number {
    return this.indices.length;
  }

  /** Where the dataset is, unless a subclass overrides `get`. */
  get resident(): boolean {
    return this.dataset.resident === true && this.get === Subset.prototype.get;
  }

  get facts(): DatasetFacts | undefined {
    return this.dataset.facts;
  }

  get fields(): FieldTypes | undefined {
    return this.dataset.fields;
  }

  /** Of all samples, so that every part of a split has the same types. */
  [inferred](): FieldTypes {
    return this.get === Subset.prototype.get ? fieldTypesOf(this.dataset) : {};
  }

  get(index: number, context: FetchContext): S | Promise<S> {
    return this.dataset.get(this.#inner(index), context);
  }

  origin(index: number): number {
    const inner = this.#inner(index);
    return this.dataset.origin?.(inner) ?? inner;
  }

  column(name: string): ColumnValues | undefined | Promise<ColumnValues | undefined> {
    const own = (values: ColumnValues | undefined): ColumnValues | undefined =>
      values && Array.from({ length: this.length }, (_, i) => values[this.#inner(i)]);
    const values = this.dataset.column?.(name);
    return values instanceof Promise ? values.then(own) : own(values);
  }

  [recipeOf](): ValueRecipe {
    return recipeFor(this, Subset, import.meta.url, [this.dataset, this.indices]);
  }

  #inner(index: number): number {
    const { dataset, indices } = this;
    return resolveIndex(indices[resolveIndex(index, indices.length)], dataset.length);
  }

  #getMany(indices: readonly number[], context: FetchContext): readonly S[] | Promise<readonly S[]> {
    const inner = indices.map((index) => this.#inner(index));
    return this.dataset.getMany?.(inner, context) ?? [];
  }

  #key(index: number): string {
    return this.dataset.key?.(this.#inner(index)) ?? String(index);
  }
}
