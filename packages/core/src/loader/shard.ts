/** The share of each batch that one of several processes makes: batches, length and state stay those of all together. */
import type { ProcessShard } from "../contracts/loader-options.js";
import { MillraceError } from "../errors.js";
import type { EpochOrder, Indices } from "./order.js";

/**
 * Every size-th index, from rank on, of each batch. For whole batches of an order this is what torch's DistributedSampler
 * gives the same rank, in batches of batchSize / size; a smaller batch is divided as evenly as it can be, and nothing
 * comes twice.
 */
export function shareOf<O extends EpochOrder | undefined>(batches: O, shard: ProcessShard | undefined): O {
  if (batches === undefined || shard === undefined || shard.size === 1) return batches;
  const own = (item: Indices): Indices => (typeof item === "number" ? item : everyOf(item, shard));
  return {
    ...batches,
    next: () => {
      const item = batches.next();
      return item.done === true ? item : { done: false, value: own(item.value) };
    },
  };
}

/** A rank's part of a list that all ranks share. */
export function everyOf<T>(list: ArrayLike<T>, { rank, size }: ProcessShard): T[] {
  const own: T[] = [];
  for (let at = rank; at < list.length; at += size) own.push(list[at]);
  return own;
}

/** A rank's part of so many. */
export function countOf(all: number, { rank, size }: ProcessShard): number {
  return Math.floor(all / size) + (rank < all % size ? 1 : 0);
}

/** What a rank takes of each batch of a stream, which is divided before it is cut into batches. */
export function ownBatchSize(batchSize: number | null, shard: ProcessShard | undefined): number | null {
  return batchSize === null || shard === undefined ? batchSize : countOf(batchSize, shard);
}

/** @throws MillraceError LOADER_OPTION */
export function checkShard(
  shard: ProcessShard | undefined,
  batchSize: number | null | undefined,
  hasBatches: boolean,
): void {
  if (shard === undefined) return;
  const { rank, size } = shard;
  if (!(Number.isInteger(rank) && Number.isInteger(size) && rank >= 0 && rank < size)) {
    throw wrong(
      `shard must be a rank below a size, both whole numbers, was ${JSON.stringify(shard)}`,
      "Ranks are counted from 0: { rank: 0, size: 2 } and { rank: 1, size: 2 }.",
    );
  }
  if (size === 1) return;
  if (batchSize === null) {
    throw wrong(
      "shard divides batches, but batchSize: null turns batching off",
      "Give the number of samples that a batch of all processes has together.",
    );
  }
  if (hasBatches || (batchSize ?? 1) >= size) return;
  throw wrong(
    `batchSize must be at least the number of processes that share a batch, ${size}, was ${batchSize ?? 1}`,
    "batchSize counts the samples of all of them together: give each at least one.",
  );
}

function wrong(message: string, hint: string): MillraceError {
  return new MillraceError("LOADER_OPTION", message, { hint });
}
