/** The typed n-dimensional array that moves along the line: row-major, contiguous, plain data. */

/** One constructor per element type; `bool` is stored as bytes 0 and 1. */
export const arrayConstructors = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
} as const;

/** The element types that batches may have (torch's `dtype`). */
export type DType = keyof typeof arrayConstructors;

/** The typed array of each element type, over ordinary or shared memory alike. */
export interface ArrayTypes {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly int16: Int16Array;
  readonly uint16: Uint16Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly bool: Uint8Array;
}

export type TypedArray = ArrayTypes[DType];

/** The element type of a typed array; of a Uint8Array uint8, since nothing tells bool from it. */
export type DTypeOf<A> = A extends Uint8Array
  ? "uint8"
  : { [D in Exclude<DType, "bool">]: A extends ArrayTypes[D] ? D : never }[Exclude<DType, "bool">];

/**
 * An n-dimensional array. `data` holds the product of `shape` elements in row-major order; a scalar has shape `[]`.
 * Batches made by workers have `data` over a SharedArrayBuffer.
 */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: ArrayTypes[D];
}

/** True for typed arrays of a known element type; not for BigInt64Array or DataView. */
export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && dtypeOf(value) !== undefined;
}

/** True for a value with `dtype`, `shape` and typed `data`. */
export function isNdArray(value: unknown): value is NdArray {
  if (typeof value !== "object" || value === null) return false;
  const candidate = value as Partial<NdArray>;
  return (
    Array.isArray(candidate.shape) &&
    typeof candidate.dtype === "string" &&
    ArrayBuffer.isView(candidate.data)
  );
}

const dtypes = new Map<unknown, DType>([
  ["Float32Array", "float32"],
  ["Float64Array", "float64"],
  ["Int8Array", "int8"],
  ["Uint8Array", "uint8"],
  ["Uint8ClampedArray", "uint8"],
  ["Int16Array", "int16"],
  ["Uint16Array", "uint16"],
  ["Int32Array", "int32"],
  ["Uint32Array", "uint32"],
]);

/** The element type of a typed array, or undefined where none fits (BigInt64Array, DataView). */
export function dtypeOf(data: ArrayBufferView): DType | undefined {
  // The tag is also right for Buffer, whose constructor's name is not Uint8Array.
  return dtypes.get((data as Partial<TypedArray>)[Symbol.toStringTag]);
}

/** The number of elements of a shape: 1 for a scalar's `[]`. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** An NdArray over `data`; `shape` defaults to one axis, `dtype` to the array's own. */
export function ndarray<A extends TypedArray>(data: A, shape?: readonly number[]): NdArray<DTypeOf<A>>;
export function ndarray<D extends DType>(
  data: ArrayTypes[D],
  shape: readonly number[] | undefined,
  dtype: D,
): NdArray<D>;
export function ndarray(data: TypedArray, shape?: readonly number[], dtype?: DType): NdArray;
export function ndarray(data: TypedArray, shape: readonly number[] = [data.length], dtype?: DType): NdArray {
  const own = dtype ?? dtypeOf(data);
  if (own === undefined) throw new TypeError(`no element type for ${data[Symbol.toStringTag]}`);
  if (sizeOf(shape) !== data.length) {
    throw new RangeError(
      `shape [${shape.join(", ")}] needs ${sizeOf(shape)} elements, but data has ${data.length}`,
    );
  }
  return { dtype: own, shape, data };
}

/** A zero-filled NdArray in ordinary memory. */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): NdArray<D> {
  const data = new arrayConstructors[dtype](sizeOf(shape)) as TypedArray;
  return { dtype, shape, data: data as ArrayTypes[D] };
}
