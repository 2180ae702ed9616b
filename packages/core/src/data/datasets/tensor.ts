/** Arrays as a dataset: sample i is the i-th slice of each. */
import type { Allocator } from "../../contracts/batch.js";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import {
  type DTypeOf,
  isNdArray,
  isTypedArray,
  type NdArray,
  ndarray,
  sizeOf,
  type TypedArray,
} from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { kindOf } from "../collate.js";
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { gather } from "../gather.js";
import { recipeFor } from "../recipe-of.js";
import { resolveIndex } from "../../kit/index-rule.js";

/** One slice of each array. */
export type TensorSample<T extends readonly (NdArray | TypedArray)[]> = {
  readonly [K in keyof T]: SliceOf<T[K]>;
};

type SliceOf<A> = A extends NdArray<infer D> ? NdArray<D> : NdArray<DTypeOf<A>>;

/** How one array is cut into slices. */
interface Rows {
  readonly tensor: NdArray;
  readonly shape: readonly number[];
  readonly size: number;
}

/**
 * Arrays of shape [N, *] (torch.utils.data.TensorDataset): a sample is the list of their i-th slices of shape [*], views
 * without a copy. A slice of a one-axis array is an NdArray of shape [], so that it collates back to its own element
 * type. A typed array of N elements counts as an NdArray of shape [N].
 *
 * @throws MillraceError OPTION_INVALID unless there is an array, and all have a first axis of equal length.
 */
export class TensorDataset<T extends readonly (NdArray | TypedArray)[] = readonly (NdArray | TypedArray)[]>
  implements Dataset<TensorSample<T>>
{
  readonly tensors: readonly NdArray[];
  readonly length: number;
  readonly #rows: readonly Rows[];

  constructor(...tensors: T) {
    this.tensors = tensors.map(toTensor);
    this.#rows = this.tensors.map(toRows);
    if (this.tensors.length === 0) {
      throw new MillraceError("OPTION_INVALID", "TensorDataset needs at least one array, was given none");
    }
    [this.length] = this.tensors[0].shape;
    if (this.get === TensorDataset.prototype.get && this.getBatch === undefined) {
      this.getBatch = (indices, _context, allocator) => {
        const rows = indices.map((index) => resolveIndex(index, this.length));
        return this.tensors.map((tensor) => gather(tensor, rows, allocator));
      };
    }
    const odd = this.tensors.findIndex(({ shape }) => shape[0] !== this.length);
    if (odd < 0) return;
    throw new MillraceError(
      "OPTION_INVALID",
      `the arrays of a TensorDataset must agree in their first axis, but array 0 has ${this.length} rows and array ${odd} has ${this.tensors[odd].shape[0]}`,
    );
  }

  get(index: number): TensorSample<T> {
    return this.#slice(resolveIndex(index, this.length)) as TensorSample<T>;
  }

  /** Unless a subclass overrides `get`. */
  get resident(): boolean {
    return this.get === TensorDataset.prototype.get;
  }

  getMany(indices: readonly number[]): readonly TensorSample<T>[] {
    return indices.map((index) => this.get(index));
  }

  /** The stacked slices, without a sample in between; absent where a subclass overrides `get`. */
  getBatch?(indices: readonly number[], context: FetchContext, allocator: Allocator): NdArray[];

  /** The array at the position `name`, such as "1", if it has one axis. */
  column(name: string): ArrayLike<number> | undefined {
    const tensor = /^\d+$/.test(name) ? this.tensors[Number(name)] : undefined;
    return tensor?.shape.length === 1 ? tensor.data : undefined;
  }

  [recipeOf](): ValueRecipe {
    return recipeFor(this, TensorDataset, import.meta.url, this.tensors);
  }

  #slice(index: number): readonly NdArray[] {
    return this.#rows.map(({ tensor: { dtype, data }, shape, size }) => ({
      dtype,
      shape,
      data: data.subarray(index * size, (index + 1) * size),
    }));
  }
}

function toTensor(value: NdArray | TypedArray, position: number): NdArray {
  if (isTypedArray(value)) return ndarray(value);
  if (isNdArray(value) && value.shape.length > 0 && sizeOf(value.shape) === value.data.length) return value;
  throw new MillraceError(
    "OPTION_INVALID",
    `TensorDataset needs typed arrays or NdArrays with a first axis, but array ${position} is ${kindOf(value)}`,
    { hint: "Make it with `ndarray(data, [rows, …])`." },
  );
}

function toRows(tensor: NdArray): Rows {
  const shape = tensor.shape.slice(1);
  return { tensor, shape, size: sizeOf(shape) };
}
