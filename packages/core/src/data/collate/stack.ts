/** torch.stack: equally shaped arrays along a new first axis, straight into the batch's memory. */
import type { Allocator } from "../../contracts/batch.js";
import {
  arrayConstructors,
  type DType,
  dtypeOf,
  isNdArray,
  isTypedArray,
  type NdArray,
  sizeOf,
  type TypedArray,
  zeros,
} from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { kindOf, otherKind, otherSize, place } from "./kinds.js";
import { promoteTypes } from "./promote.js";

/** Ordinary memory, for batches that cross no thread. */
export const heapAllocator: Allocator = { allocate: zeros };

/** Rows up to this many elements are copied by a loop, which beats the call of `set`. */
const shortRow = 8;

/**
 * Stacks B arrays of shape [*] to [B, *]. A typed array of n elements counts as an NdArray of shape [n]. Element types
 * that differ meet in `promoteTypes`.
 *
 * @param path what messages call the arrays.
 * @throws MillraceError COLLATE_EMPTY; COLLATE_MISMATCH where shapes differ or no element type holds all.
 */
export function stack(
  arrays: readonly (NdArray | TypedArray)[],
  allocator: Allocator = heapAllocator,
  path = "",
): NdArray {
  if (arrays.length === 0) {
    throw new MillraceError("COLLATE_EMPTY", "stacking needs at least one array, was given none");
  }
  const shape = shapeOf(arrays[0]);
  if (!isWhole(arrays[0], sizeOf(shape))) throw wrongData(arrays[0], 0, path);
  const batch = allocator.allocate(commonType(arrays, path), [arrays.length, ...shape]);
  const size = sizeOf(shape);
  const target = batch.data;
  for (let i = 0, start = 0; i < arrays.length; i++, start += size) {
    const array = arrays[i];
    if (!isWhole(array, size)) throw wrongData(array, i, path);
    const source = ArrayBuffer.isView(array) ? array : array.data;
    if (size > shortRow) target.set(source, start);
    else for (let j = 0; j < size; j++) target[start + j] = source[j];
  }
  return batch;
}

/** Requires that entries are arrays of the first one's shape, and gives the type that holds them all. */
function commonType(arrays: readonly unknown[], path: string): DType {
  const first = arrays[0] as NdArray | TypedArray;
  let dtype = typeOf(first);
  // Equal to the last one seen in the cheapest sense: most batches never look further.
  let known: unknown = ArrayBuffer.isView(first) ? first.constructor : first.dtype;
  for (let i = 1; i < arrays.length; i++) {
    const array = arrays[i];
    if (!isTypedArray(array) && !isNdArray(array)) throw otherKind(arrayName(first), array, i, path);
    if (!sameShape(array, first)) throw otherSize(describe(first), describe(array), i, path);
    const mark: unknown = ArrayBuffer.isView(array) ? array.constructor : array.dtype;
    if (mark === known) continue;
    known = mark;
    dtype = promoteTypes(dtype, typeOf(array)) ?? noType(dtype, typeOf(array), i, path);
  }
  return dtype;
}

function sameShape(a: NdArray | TypedArray, b: NdArray | TypedArray): boolean {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return a.length === b.length;
  const [left, right] = [shapeOf(a), shapeOf(b)];
  if (left.length !== right.length) return false;
  for (let axis = 0; axis < left.length; axis++) if (left[axis] !== right[axis]) return false;
  return true;
}

function shapeOf(array: NdArray | TypedArray): readonly number[] {
  return ArrayBuffer.isView(array) ? [array.length] : array.shape;
}

function typeOf(array: NdArray | TypedArray): DType {
  if (!ArrayBuffer.isView(array)) return knownType(array);
  const dtype = dtypeOf(array);
  if (dtype === undefined) throw new TypeError("unreachable: isTypedArray admits known element types only");
  return dtype;
}

function knownType({ dtype }: NdArray): DType {
  if (Object.hasOwn(arrayConstructors, dtype)) return dtype;
  throw new MillraceError(
    "COLLATE_TYPE",
    `an array's dtype must be one of ${Object.keys(arrayConstructors).join(", ")}, was ${dtype}`,
    { hint: "Convert it in a transform." },
  );
}

/** False where `data` is not so many elements of the type that `dtype` says. */
function isWhole(array: NdArray | TypedArray, size: number): boolean {
  if (ArrayBuffer.isView(array)) return true;
  if (array.data.length !== size) return false;
  if (array.data.constructor === arrayConstructors[array.dtype]) return true;
  const own = dtypeOf(array.data);
  return own === array.dtype || (array.dtype === "bool" && own === "uint8");
}

function arrayName(array: NdArray | TypedArray): string {
  return ArrayBuffer.isView(array) ? "a typed array" : "an NdArray";
}

function describe(array: NdArray | TypedArray): string {
  return `${typeOf(array)} [${shapeOf(array).join(", ")}]`;
}

function noType(a: DType, b: DType, entry: number, path: string): never {
  throw new MillraceError(
    "COLLATE_MISMATCH",
    `${place(path)} has elements of ${a} before entry ${entry} and of ${b} there, and no element type holds both`,
    { entry, hint: "Give every sample one element type in a transform." },
  );
}

function wrongData(array: NdArray | TypedArray, entry: number, path: string): MillraceError {
  if (!ArrayBuffer.isView(array)) knownType(array);
  const data = ArrayBuffer.isView(array) ? array : array.data;
  return new MillraceError(
    "COLLATE_MISMATCH",
    `${place(path)} of entry ${entry} is ${kindOf(array)}, but its data is a ${data.constructor.name} of ${data.length} elements`,
    { entry, hint: "Make arrays with `ndarray(data, shape)`, which checks this." },
  );
}
