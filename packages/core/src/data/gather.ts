/** Rows of one large array, gathered straight into a batch's memory: no object per sample. */
import type { Allocator } from "../contracts/batch.js";
import type { NdArray } from "../contracts/ndarray.js";

/** Rows up to this many elements are copied by a loop, which beats the call of `set`. */
const shortRow = 16;

/**
 * The slices of `array` ([N, *]) at `indices`, as [B, *] of the same element type: what stacking them would give.
 * Every index must lie from 0 to N − 1.
 */
export function gather(array: NdArray, indices: readonly number[], allocator: Allocator): NdArray {
  const [length, ...shape] = array.shape;
  const size = length === 0 ? 0 : array.data.length / length;
  const batch = allocator.allocate(array.dtype, [indices.length, ...shape]);
  const { data: source } = array;
  const { data: target } = batch;
  if (size === 1) {
    for (let i = 0; i < indices.length; i++) target[i] = source[indices[i]];
  } else if (size <= shortRow) {
    for (let i = 0, at = 0; i < indices.length; i++) {
      const start = indices[i] * size;
      for (let j = 0; j < size; j++) target[at++] = source[start + j];
    }
  } else {
    for (let i = 0; i < indices.length; i++) {
      const start = indices[i] * size;
      target.set(source.subarray(start, start + size), i * size);
    }
  }
  return batch;
}
