/** Datasets one after the other. */
import type { Allocator } from "../../contracts/batch.js";
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
import { heapAllocator } from "../collate.js";
import { recipeFor } from "../recipe-of.js";
import { asDataset, type DatasetLike } from "./dataset-like.js";
import { joinBatches } from "./join-batches.js";
import { resolveIndex } from "../../kit/index-rule.js";

/** Some samples of one part. */
interface Wanted<S> {
  readonly dataset: Dataset<S>;
  readonly inner: readonly number[];
  readonly places: readonly number[];
}

/**
 * The samples of all `datasets`, one dataset after the other (torch.utils.data.ConcatDataset). Lengths are read once, so
 * that an index means the same sample for as long as the dataset lives. `getMany` is present where a part has it, `key`
 * and `getBatch` where every part has it; `facts` has labels where all parts agree in them. Closing is left to whoever
 * opened the parts. Where a subclass overrides `get` alone, `getMany` and `getBatch` are not offered, so that no sample
 * goes round it.
 *
 * @throws MillraceError OPTION_INVALID for no datasets, or for a stream among them; from `get` DATASET_INDEX.
 */
export class ConcatDataset<S = unknown> implements Dataset<S> {
  readonly datasets: readonly Dataset<S>[];
  /** For each dataset, the number of samples up to its end. */
  readonly cumulativeSizes: readonly number[];
  /** Whether a batch of one part has the types that it would have among all; found when one is asked for. */
  #agree: boolean | undefined;

  constructor(datasets: Iterable<DatasetLike<S>>) {
    this.datasets = Array.from(datasets, (dataset, i) =>
      asDataset(dataset, `dataset ${i} of a ConcatDataset`),
    );
    if (this.datasets.length === 0) {
      throw new MillraceError("OPTION_INVALID", "ConcatDataset needs at least one dataset, was given none");
    }
    let size = 0;
    this.cumulativeSizes = this.datasets.map((dataset) => (size += dataset.length));
    const ownGet = this.get === ConcatDataset.prototype.get;
    if (
      this.datasets.some((dataset) => dataset.getMany !== undefined) &&
      this.getMany === undefined &&
      ownGet
    )
      this.getMany = (indices, context) => this.#getMany(indices, context);
    if (
      this.datasets.every((dataset) => dataset.getBatch !== undefined) &&
      this.getBatch === undefined &&
      ownGet
    )
      this.getBatch = (indices, context, allocator) => this.#getBatch(indices, context, allocator);
    if (this.datasets.every((dataset) => dataset.key !== undefined)) this.key = (index) => this.#key(index);
  }

  /** Present where a part has it: one call per part. */
  getMany?(indices: readonly number[], context: FetchContext): Promise<readonly S[]>;

  /**
   * Present where every part has it: one call per part. Undefined where the parts' fields differ in type or extent; such
   * samples are read one by one.
   */
  getBatch?(indices: readonly number[], context: FetchContext, allocator: Allocator): unknown;

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
    const samples = new Array<S>(indices.length);
    await Promise.all(
      this.#byPart(indices).map(async ({ dataset, inner, places }) => {
        const found = await samplesOf(dataset, inner, context);
        places.forEach((place, i) => (samples[place] = found[i]));
      }),
    );
    return samples;
  }

  #getBatch(indices: readonly number[], context: FetchContext, allocator: Allocator): unknown {
    this.#agree ??= agreeInTypes(this.datasets.map(fieldTypesOf));
    if (!this.#agree) return undefined;
    const wanted = this.#byPart(indices);
    if (wanted.length === 1) return wanted[0].dataset.getBatch?.(wanted[0].inner, context, allocator);
    const made = wanted.map(({ dataset, inner }) => dataset.getBatch?.(inner, context, heapAllocator));
    const join = (batches: readonly unknown[]): unknown => {
      const parts = wanted.map(({ places }, i) => ({ batch: batches[i], places }));
      return joinBatches(parts, indices.length)?.(allocator);
    };
    return made.some((batch) => batch instanceof Promise) ? Promise.all(made).then(join) : join(made);
  }

  /** The parts that have these samples, which samples of each, and at which places they were asked for. */
  #byPart(indices: readonly number[]): readonly Wanted<S>[] {
    const wanted = new Map<number, { readonly inner: number[]; readonly places: number[] }>();
    indices.forEach((index, place) => {
      const [part, inner] = this.#locate(index);
      const own = wanted.get(part) ?? { inner: [], places: [] };
      own.inner.push(inner);
      own.places.push(place);
      wanted.set(part, own);
    });
    return Array.from(wanted, ([part, own]) => ({ dataset: this.datasets[part], ...own }));
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

/** Whether the same fields have the same type in all parts, as far as types are known. */
function agreeInTypes([first, ...others]: readonly FieldTypes[]): boolean {
  const names = Object.keys(first);
  return others.every(
    (other) =>
      Object.keys(other).length === names.length &&
      names.every((name) => other[name]?.type === first[name].type),
  );
}
