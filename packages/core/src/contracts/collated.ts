/** The types of batches, from those of samples: what the default collate function makes, for the compiler. */
import type { Deferred } from "./dataset.js";
import type { ArrayTypes, DType, DTypeOf, NdArray } from "./ndarray.js";

/** The element types that loose numbers may get. */
export type NumberDType = "int32" | "float32" | "float64";

/**
 * What `defaultCollate` makes of samples of type S: arrays are stacked, numbers and booleans become arrays, texts and
 * buffers stay lists, objects, Maps and tuples keep their form.
 */
export type Collated<S> = 0 extends 1 & S
  ? // Of `any` nothing is known, and nothing need be stated.
    // oxlint-disable-next-line no-explicit-any
    any
  : unknown extends S
    ? unknown
    : null extends S
      ? WithMissing<NonNullable<S>>
      : Present<S>;

/** Of a field that may miss its value: NaN among numbers, also those of flags, null among texts and buffers. */
type WithMissing<S> = [S] extends [string | ArrayBuffer | SharedArrayBuffer]
  ? readonly (Widened<S> | null)[]
  : [S] extends [boolean]
    ? NdArray<"float32">
    : Collated<S>;

type Present<S> =
  S extends NdArray<infer D>
    ? NdArray<D>
    : S extends ArrayTypes[DType]
      ? NdArray<DTypeOf<S>>
      : S extends number | bigint
        ? NdArray<NumberDType>
        : S extends boolean
          ? NdArray<"bool">
          : S extends string | ArrayBuffer | SharedArrayBuffer
            ? readonly Widened<S>[]
            : S extends Deferred<infer T>
              ? Collated<T>
              : S extends ReadonlyMap<infer K, infer V>
                ? Map<K, Collated<V>>
                : S extends object
                  ? { [K in keyof S]: Collated<S[K]> }
                  : unknown;

/** What `defaultConvert` makes of one sample, where batching is off (`batchSize: null`): typed arrays become NdArrays. */
export type Converted<S> = 0 extends 1 & S
  ? // oxlint-disable-next-line no-explicit-any
    any
  : unknown extends S
    ? unknown
    : S extends NdArray | number | bigint | boolean | string | ArrayBuffer | SharedArrayBuffer
      ? S
      : S extends ArrayTypes[DType]
        ? NdArray<DTypeOf<S>>
        : S extends Deferred<infer T>
          ? Converted<T>
          : S extends ReadonlyMap<infer K, infer V>
            ? Map<K, Converted<V>>
            : S extends object
              ? { [K in keyof S]: Converted<S[K]> }
              : unknown;

type Widened<S> = S extends string ? string : S;
