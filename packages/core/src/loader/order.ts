/** The order of an epoch, cut into batches of indices (torch.utils.data.BatchSampler). */

/** Groups of `batchSize` indices; the last may be smaller unless `dropLast`. */
export function* batchesOf(
  indices: Iterable<number>,
  batchSize: number,
  dropLast: boolean,
): Generator<number[]> {
  let batch: number[] = [];
  for (const index of indices) {
    batch.push(index);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0 && !dropLast) yield batch;
}

/** How many batches `batchesOf` yields. */
export function batchCount(samples: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);
}
