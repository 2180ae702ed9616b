/** One batch of one epoch, made in this thread without those before it. */
import type { Collate } from "../contracts/collate.js";
import type { Dataset } from "../contracts/dataset.js";
import { heapAllocator } from "../data/collate.js";
import { MillraceError } from "../errors.js";
import { fetchBatch } from "../workers/making/fetcher.js";

export interface ReplayOptions {
  readonly dataset: Dataset;
  readonly collate: Collate;
  readonly epoch: number;
  readonly step: number;
  /** Every batch of the epoch, as indices. */
  readonly order: readonly (readonly number[] | number)[];
}

/** @throws MillraceError LOADER_OPTION for a step that the epoch does not have. */
export async function replay({ dataset, collate, epoch, step, order }: ReplayOptions): Promise<{
  readonly data: unknown;
  readonly indices: readonly number[];
}> {
  const indices = order[step];
  if (indices === undefined) {
    throw new MillraceError(
      "LOADER_OPTION",
      `epoch ${epoch} has ${order.length} batches, counted from 0; there is no ${step}`,
    );
  }
  const data = await fetchBatch(dataset, collate, indices, { epoch }, heapAllocator);
  return { data, indices: typeof indices === "number" ? [indices] : indices };
}
