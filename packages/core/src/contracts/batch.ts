/** What the loader hands out, and the allocator that lets collation write straight into its memory. */
import type { DType, NdArray } from "./ndarray.js";

/**
 * One batch: what the collate function made, and which samples it was made from.
 *
 * A batch is a lease on memory: `release()` gives it back to the loader to be filled again, after which `data` must
 * not be read. Never calling it costs memory only, which the garbage collector returns; calling it twice is harmless.
 */
export interface Batch<T = unknown> {
  /** What collate returned; its arrays are views of shared memory when workers made it. */
  readonly data: T;
  /** The dataset indices of the samples, in the order in which they stand in the batch. */
  readonly indices: readonly number[];
  /** Which pass over the dataset, from 0. */
  readonly epoch: number;
  /** Which batch of the epoch, from 0. */
  readonly step: number;
  /** True where a process has no sample of a batch that it shares with others (`shard`); `data` is then `{}`. */
  readonly empty?: true;
  /**
   * The samples that could not be made for this batch, in the order of their places; absent where there are none, and
   * where the loader's `onError` is "fail". `indices` has those that are in the batch instead.
   */
  readonly bad?: readonly BadSample[];
  readonly release: () => void;
}

/** A sample that could not be made. */
export interface BadSample {
  /** Its index in the dataset; of a stream, its number among those that its shard read. */
  readonly index: number;
  /** What its stream calls it; what a dataset calls it by index, its `key` says. */
  readonly key?: string;
  /** Of a stream: which shard. */
  readonly shard?: number;
  /** What was done with it: "reading", "transform 1 resize", "collating". */
  readonly stage: string;
  /** The code and the message of its error. */
  readonly code: string;
  readonly reason: string;
  /** The sample that stands in its place. */
  readonly replacedBy?: number;
  /** True if it was itself drawn to stand in the place of another. */
  readonly drawn?: true;
}

/** Gives memory for arrays of a batch: in a worker, inside the batch's shared slot. */
export interface Allocator {
  /** A row-major array whose contents are undefined until written. */
  readonly allocate: (dtype: DType, shape: readonly number[]) => NdArray;
}
