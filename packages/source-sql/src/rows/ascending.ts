/** The order in which rows are asked for. */

/** Indices beside their places are integers that a double holds. */
const mostPlaces = 2 ** 20;

/** The places of indices in their ascending order, which is that of their keys; undefined where one is there twice. */
export function ascending(indices: readonly number[]): Int32Array | undefined {
  if (indices.length > mostPlaces) return undefined;
  const pairs = new Float64Array(indices.length);
  for (let i = 0; i < pairs.length; i++) pairs[i] = indices[i] * mostPlaces + i;
  pairs.sort();
  const order = new Int32Array(pairs.length);
  let last = -1;
  for (let i = 0; i < order.length; i++) {
    const index = Math.floor(pairs[i] / mostPlaces);
    if (index === last) return undefined;
    last = index;
    order[i] = pairs[i] - index * mostPlaces;
  }
  return order;
}
