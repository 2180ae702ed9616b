/** MPI counts with 32 bits: what is larger goes in pieces. */

/** The most bytes of one call. */
export const mostBytes = 2 ** 30;

/** The array in pieces that one call may move; none of an empty one. */
export function pieces<T extends Float32Array | Float64Array | Uint8Array>(values: T, most = mostBytes): T[] {
  const each = most / values.BYTES_PER_ELEMENT;
  const count = Math.ceil(values.length / each);
  return Array.from({ length: count }, (_, i) => values.subarray(i * each, (i + 1) * each) as T);
}
