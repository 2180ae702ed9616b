/** Datasets one after the other. */
import type {
  ColumnValues,
  Dataset,
  DatasetFacts,
  FetchContext,
  FieldTypes,
} from "../../contracts/dataset.js";
import { MillraceError } from "../../errors.js";
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { eitherFields, fieldTypesOf, inferred } from "../field-types.js";
import { recipeFor } from "../recipe-of.js";
import { asDataset, type DatasetLike } from "./dataset-like.js";
import { resolveIndex } from "../../kit/index-rule.js";

/**
 * The samples of all `datasets`, one dataset after the other (torch.utils.data.ConcatDataset). Lengths are read once, so
 * that an index means the same sample for as long as the dataset lives. `getMany` is present where a part has it, `key`
 * where every part has it; `facts` has labels where all parts agree in them. Closing is left to whoever opened the parts.
 *
 * @throws MillraceError OPTION_INVALID for no datasets, or for a stream among them; from `get` DATASET_INDEX.
 */
export class ConcatDataset<S = unknown> implements Dataset<S> {
  readonly datasets: readonly Dataset<S>[];
  /** For each dataset, the number of samples up to its end. */
  readonly cumulativeSizes: readonly number[];

  constructor(datasets: Iterable<DatasetLike<S>>) {
    this.datasets = Array.from(datasets, (dataset, i) =>
      asDataset(dataset, `dataset ${i} of a ConcatDataset`),
    );
    if (this.datasets.length === 0) {
      throw new MillraceError("OPTION_INVALID", "ConcatDataset needs at least one dataset, was given none");
    }
    let size = 0;
    this.cumulativeSizes = this.datasets.map((dataset) => (size += dataset.length));
    if (this.datasets.some((dataset) => dataset.getMany !== undefined))
      this.getMany = (indices, context) => this.#getMany(indices, context);
    if (this.datasets.every((dataset) => dataset.key !== undefined)) this.key = (index) => this.#key(index);
  }

  /** Present where a part has it: one call per part. */
  getMany?(indices: readonly number[], context: FetchContext): Promise<readonly S[]>;

  /** Present where every part has it. */
  key?(index: number): string;

  get length(): number {
    return this.cumulativeSizes[this.cumulativeSizes.length - 1];
  }

  get facts(): DatasetFacts {
    const [first, ...others] = this.datasets.map(({ facts }) => facts?.labels);
    const agree =
      first !== undefined && others.every((labels) => labels !== undefined && sameNames(labels, first));
    return agree ? { labels: first } : {};
  }

  get fields(): FieldTypes {
    return this.datasets.map(({ fields = {} }) => fields).reduce(eitherFields);
  }

  [inferred](): FieldTypes {
    return this.get === ConcatDataset.prototype.get
      ? this.datasets.map(fieldTypesOf).reduce(eitherFields)
      : {};
  }

  get(index: number, context: FetchContext): S | Promise<S> {
    const [part, inner] = this.#locate(index);
    return this.datasets[part].get(inner, context);
  }

  /** The parts' columns one after the other, where every part has it. */
  column(name: string): ColumnValues | undefined | Promise<ColumnValues | undefined> {
    const columns: (ColumnValues | undefined | Promise<ColumnValues | undefined>)[] = [];
    for (const dataset of this.datasets) {
      const column = dataset.column?.(name);
      if (column === undefined) return undefined;
      columns.push(column);
    }
    const later = columns.some((column) => column instanceof Promise);
    return later
      ? Promise.all(columns.map((column) => Promise.resolve(column))).then((all) => this.#joined(all))
      : this.#joined(columns as (ColumnValues | undefined)[]);
  }

  [recipeOf](): ValueRecipe {
    return recipeFor(this, ConcatDataset, import.meta.url, [this.datasets]);
  }

  #joined(columns: readonly (ColumnValues | undefined)[]): ColumnValues | undefined {
    const values: (number | string)[] = [];
    for (const [part, column] of columns.entries()) {
      if (column === undefined) return undefined;
      for (let i = 0; i < this.datasets[part].length; i++) values.push(column[i]);
    }
    return values;
  }

  /** Which part an index falls into, and where in it: torch's bisect_right. */
  #locate(index: number): readonly [number, number] {
    const position = resolveIndex(index, this.length);
    const ends = this.cumulativeSizes;
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] > position) high = middle;
      else low = middle + 1;
    }
    return [low, low === 0 ? position : position - ends[low - 1]];
  }

  async #getMany(indices: readonly number[], context: FetchContext): Promise<readonly S[]> {
    const wanted = new Map<number, { readonly inner: number[]; readonly places: number[] }>();
    indices.forEach((index, place) => {
      const [part, inner] = this.#locate(index);
      const own = wanted.get(part) ?? { inner: [], places: [] };
      own.inner.push(inner);
      own.places.push(place);
      wanted.set(part, own);
    });
    const samples = new Array<S>(indices.length);
    await Promise.all(
      Array.from(wanted, async ([part, { inner, places }]) => {
        const found = await samplesOf(this.datasets[part], inner, context);
        places.forEach((place, i) => (samples[place] = found[i]));
      }),
    );
    return samples;
  }

  #key(index: number): string {
    const [part, inner] = this.#locate(index);
    return this.datasets[part].key?.(inner) ?? String(index);
  }
}

/**
 * Several samples of a part, by `getMany` where it has one.
 * @throws MillraceError DATASET_INVALID where `getMany` returns another number of samples.
 */
export async function samplesOf<S>(
  dataset: Dataset<S>,
  indices: readonly number[],
  context: FetchContext,
): Promise<readonly S[]> {
  if (dataset.getMany === undefined) return Promise.all(indices.map((index) => dataset.get(index, context)));
  const samples = await dataset.getMany(indices, context);
  if (samples.length === indices.length) return samples;
  throw new MillraceError(
    "DATASET_INVALID",
    `getMany must return one sample per index: expected ${indices.length}, got ${samples.length}`,
    { where: ["a dataset within a dataset"] },
  );
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
