/** The collate contract: samples in, one batch out (torch's `collate_fn`). */
import type { Allocator } from "./batch.js";
import type { FieldTypes } from "./dataset.js";
import type { RaggedColumns } from "./ragged.js";
import type { Random } from "./random.js";

/** What a collate function is told of the samples. */
export interface BatchContext {
  /** Which pass over the dataset, from 0. */
  readonly epoch: number;
  /**
   * Random numbers of the sample at this entry, 0 for one that is alone: from their beginning, at each call. They are
   * addressed by (seed, epoch, the sample's index in the source, a position that no transform has): the same for any number
   * of workers, any batch that the sample stands in, and whenever a batch is made again. Draw from nothing else.
   */
  readonly random: (entry: number) => Random;
  /** True where the samples are a person's own, to be predicted: fields may be absent, such as the answer. */
  readonly loose?: true;
}

/**
 * Makes a batch of samples. Arrays that come from `allocator.allocate` are written straight into the batch's shared
 * memory; any other array in the result works too and costs one copy. `fields` are the types of the dataset's fields that
 * are known: whoever leaves fields to `defaultCollate` passes them on, so that loose numbers have one type in all batches.
 * Loaders and lines always give a `context`.
 */
export type Collate<S = unknown, B = unknown> = CollateSamples<S, B> & {
  readonly fromColumns?: CollateColumns<B>;
};

export type CollateSamples<S = unknown, B = unknown> = (
  samples: readonly S[],
  allocator: Allocator,
  fields?: FieldTypes,
  context?: BatchContext,
) => B | Promise<B>;

/**
 * The same batch, bit for bit, from columns: no object per sample need exist. Used where the dataset has them. What it
 * refuses is collated sample by sample, so that a fault names the sample.
 */
export interface CollateColumns<B = unknown> {
  /** The fields that it takes ragged; all others have to be as `defaultCollate` makes them. */
  readonly ragged: readonly string[];
  collate(columns: RaggedColumns, allocator: Allocator): B | undefined;
}
