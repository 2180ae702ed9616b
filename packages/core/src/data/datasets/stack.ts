/** Datasets side by side. */
import type {
  ColumnValues,
  Dataset,
  DatasetFacts,
  FetchContext,
  FieldTypes,
} from "../../contracts/dataset.js";
import { MillraceError } from "../../errors.js";
import { isPlainObject } from "../collate.js";
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { fieldsWithin, fieldTypesOf, inferred } from "../field-types.js";
import { recipeFor } from "../recipe-of.js";
import { samplesOf } from "./concat.js";
import { asDataset, type DatasetLike, isDataset, type SampleOf } from "./dataset-like.js";
import { resolveIndex } from "../../kit/index-rule.js";

/** Datasets by the name of the field that their samples become. */
export type NamedDatasets = Readonly<Record<string, DatasetLike>>;

/** A sample of each dataset, in their places or under their names. */
export type StackedSample<D> = D extends readonly [infer N]
  ? N extends DatasetLike
    ? [SampleOf<N>]
    : { [K in keyof N]: SampleOf<N[K]> }
  : { -readonly [K in keyof D]: SampleOf<D[K]> };

/**
 * Equally long datasets side by side (torch.utils.data.StackDataset): `new StackDataset(images, labels)` has samples
 * `[image, label]`, `new StackDataset({ image: images, label: labels })` has `{ image, label }`. `getMany` is present
 * where a part has it; `key`, `facts` and each column are those of the first part that knows them. Closing is left to
 * whoever opened the parts.
 *
 * @throws MillraceError OPTION_INVALID for no datasets, positional and named ones together, unequal lengths or a stream;
 * from `getMany` DATASET_INVALID where a part returns another number of samples than it was asked for.
 */
export class StackDataset<
  D extends readonly DatasetLike[] | readonly [NamedDatasets] = readonly DatasetLike[],
  S = StackedSample<D>,
> implements Dataset<S>
{
  /** As they were given: a list, or by name. */
  readonly datasets: readonly Dataset[] | Readonly<Record<string, Dataset>>;
  readonly length: number;
  readonly #parts: readonly Dataset[];
  readonly #names: readonly string[] | undefined;

  constructor(...datasets: D) {
    const named = namedOf(datasets);
    const given: readonly DatasetLike[] =
      named === undefined ? (datasets as readonly DatasetLike[]) : Object.values(named);
    this.#names = named && Object.keys(named);
    this.#parts = given.map((dataset, i) =>
      asDataset(dataset, `dataset ${this.#nameOf(i)} of a StackDataset`),
    );
    this.datasets = this.#assemble(this.#parts) as StackDataset["datasets"];
    if (this.#parts.length === 0) {
      throw new MillraceError("OPTION_INVALID", "StackDataset needs at least one dataset, was given none");
    }
    this.length = this.#parts[0].length;
    const odd = this.#parts.findIndex(({ length }) => length !== this.length);
    if (odd >= 0) {
      throw new MillraceError(
        "OPTION_INVALID",
        `the datasets of a StackDataset must be of equal length, but ${this.#nameOf(0)} has ${this.length} samples and ${this.#nameOf(odd)} has ${this.#parts[odd].length}`,
      );
    }
    if (this.#parts.some((dataset) => dataset.getMany !== undefined))
      this.getMany = (indices, context) => this.#getMany(indices, context);
    if (this.#parts.some((dataset) => dataset.key !== undefined)) this.key = (index) => this.#key(index);
  }

  /** Present where a part has it. */
  getMany?(indices: readonly number[], context: FetchContext): Promise<readonly S[]>;

  /** Present where a part has it. */
  key?(index: number): string;

  get facts(): DatasetFacts | undefined {
    return this.#parts.find(({ facts }) => facts?.labels)?.facts;
  }

  get fields(): FieldTypes {
    return this.#fields(({ fields = {} }) => fields);
  }

  [inferred](): FieldTypes {
    return this.get === StackDataset.prototype.get ? this.#fields(fieldTypesOf) : {};
  }

  get(index: number, context: FetchContext): S | Promise<S> {
    const position = resolveIndex(index, this.length);
    const values = this.#parts.map((dataset) => dataset.get(position, context));
    const later = values.some((value) => value instanceof Promise);
    return later
      ? Promise.all(values).then((made) => this.#assemble(made) as S)
      : (this.#assemble(values) as S);
  }

  column(name: string): ColumnValues | undefined | Promise<ColumnValues | undefined> {
    return this.#columnFrom(0, name);
  }

  /** That of the first part, from this one on, which has it. */
  #columnFrom(part: number, name: string): ColumnValues | undefined | Promise<ColumnValues | undefined> {
    if (part === this.#parts.length) return undefined;
    const column = this.#parts[part].column?.(name);
    if (column === undefined) return this.#columnFrom(part + 1, name);
    return column instanceof Promise
      ? column.then((values) => values ?? this.#columnFrom(part + 1, name))
      : column;
  }

  [recipeOf](): ValueRecipe {
    return recipeFor(this, StackDataset, import.meta.url, this.#names ? [this.datasets] : this.#parts);
  }

  #assemble(values: readonly unknown[]): unknown {
    return this.#names ? Object.fromEntries(this.#names.map((name, i) => [name, values[i]])) : [...values];
  }

  #fields(of: (dataset: Dataset) => FieldTypes): FieldTypes {
    const places = this.#names ?? this.#parts.map((_, i) => `[${i}]`);
    return Object.assign(
      {},
      ...this.#parts.map((dataset, i) => fieldsWithin(places[i], of(dataset))),
    ) as FieldTypes;
  }

  #nameOf(part: number): string {
    return this.#names ? `"${this.#names[part]}"` : String(part);
  }

  async #getMany(indices: readonly number[], context: FetchContext): Promise<readonly S[]> {
    const positions = indices.map((index) => resolveIndex(index, this.length));
    const columns = await Promise.all(this.#parts.map((dataset) => samplesOf(dataset, positions, context)));
    return positions.map((_, i) => this.#assemble(columns.map((column) => column[i])) as S);
  }

  #key(index: number): string {
    const keyed = this.#parts.find((dataset) => dataset.key !== undefined);
    return keyed?.key?.(resolveIndex(index, this.length)) ?? String(index);
  }
}

/** The datasets by name, if they were given so. */
function namedOf(datasets: readonly unknown[]): NamedDatasets | undefined {
  const isNamed = (value: unknown): value is NamedDatasets => isPlainObject(value) && !isDataset(value);
  const first = datasets.find(isNamed);
  if (first === undefined || datasets.length === 1) return first;
  throw new MillraceError(
    "OPTION_INVALID",
    "StackDataset takes datasets by position or by name, but both were given",
    { hint: "Give every dataset a name, or none." },
  );
}
