/** The dataset contract: it hides the storage and gives one sample at a time. */

import type { Allocator } from "./batch.js";
import type { DType } from "./ndarray.js";
import type { RaggedColumns } from "./ragged.js";

/** What is asked for along with an index. */
export interface FetchContext {
  /** Which pass over the dataset, from 0. */
  readonly epoch: number;
  /**
   * Aborted when the pass of a loader that asks is over or was left: what a dataset holds for a pass, such as a transaction,
   * it lets go then. Absent where nobody says when that is.
   */
  readonly over?: AbortSignal;
  /** Told what is done with the sample. Whoever wraps a dataset passes the context on whole, so that it arrives. */
  readonly progress?: SampleProgress;
  /** True where the sample stands for all epochs, as one that is kept (`cached`) or learned from: nothing of it may be random. */
  readonly fixed?: true;
  /** True where the sample is a person's own, to be predicted: fields may be absent, such as the answer. */
  readonly loose?: true;
}

/** By what a loader knows where a sample is when its thread dies or hangs, and how long transforms took. */
export interface SampleProgress {
  /** The transform of this name begins; `position` is its place in the chain. */
  transforming(position: number, name: string): void;
  /** What is deferred is made, such as an image decoded: until the next call. */
  making?(): void;
  /** The sample has left the chain. */
  transformed(): void;
}

/** What is known of a dataset without reading its samples; models and reports refer to it. */
export interface DatasetFacts {
  /** Class names by label index. */
  readonly labels?: readonly string[];
  /** Class names by index, of fields that hold classes and are not the label. */
  readonly categories?: Readonly<Record<string, readonly string[]>>;
  /** Names of the numbers in a sample's `features`, in their order. */
  readonly features?: readonly string[];
  /** Names of the numbers of other fields that are vectors, in their order. */
  readonly elements?: Readonly<Record<string, readonly string[]>>;
  /** What samples hold before any transform, where those who predict have to know: see `Dataset.fields`. */
  readonly fields?: FieldTypes | undefined;
  /** What transforms add: plain JSON, such as the `Vocabulary` of tokens as `vocabulary`. */
  readonly [name: string]: unknown;
}

/** What one field of all samples holds. */
export interface FieldType {
  /**
   * The element type that numbers and booleans have in every batch; or what is no number. A `date` is a number too: UTC
   * seconds since 1970, float64 in batches. `text` and `bytes` (Uint8Arrays of any lengths) are lists in batches.
   */
  readonly type: DType | "text" | "bytes" | "image" | "date";
  /** The extents of one value: `[4]` for four numbers, null where they differ; a single value by default, as a label is. */
  readonly shape?: readonly (number | null)[];
  /**
   * True if values may be missing: null in a sample, NaN inside an array. In batches NaN among numbers, whose type is
   * float32, float64 or date then, and null among others.
   */
  readonly nullable?: boolean;
}

/**
 * The fields of samples by where they stand: "label", "box.width", "pair[0]"; "" for the sample itself. Numbers that are
 * not in an array ("loose" ones) have no element type of their own: they get the declared one in every batch, and a value
 * that does not fit it is COLLATE_OVERFLOW. Those of float32 are rounded to it.
 */
export type FieldTypes = Readonly<Record<string, FieldType>>;

/** One value per sample. */
export type ColumnValues = ArrayLike<number | string>;

/**
 * A map-style dataset (torch.utils.data.Dataset): a length, and samples by index.
 *
 * An implementation need not inherit from anything; an array works as it is through `fromArray`. `get` may be called
 * for several indices at once and in any order, from several worker threads that each hold their own instance; it must
 * return the same sample for the same index and epoch. Random choices belong in transforms, which are given numbers.
 */
export interface Dataset<S = unknown> {
  /** The number of samples; read anew for each epoch. */
  readonly length: number;
  /** The sample at `index`, 0 ≤ index < length. */
  get(index: number, context: FetchContext): S | Promise<S>;
  /** Several samples at once, in the order of `indices` (torch's `__getitems__`); present only where cheaper. */
  getMany?(indices: readonly number[], context: FetchContext): readonly S[] | Promise<readonly S[]>;
  /**
   * The very batch that `defaultCollate` would make of these samples, written straight into the allocator's memory: for
   * storage by columns, where no object per sample need exist. Used when samples are neither transformed nor collated
   * otherwise. Takes indices from 0 to length − 1 only. Undefined where these samples have to be read one by one.
   */
  getBatch?(indices: readonly number[], context: FetchContext, allocator: Allocator): unknown;
  /**
   * The columns of such a batch, where sequences of the fields named in `ragged` have lengths of their own. Used where the
   * collate function takes columns (`fromColumns`).
   */
  getColumns?(
    indices: readonly number[],
    context: FetchContext,
    allocator: Allocator,
    ragged: readonly string[],
  ): RaggedColumns | undefined | Promise<RaggedColumns | undefined>;
  /**
   * True where the samples are in memory, and `get` gives them at once and always the same. A loader then looks at a few
   * of them to know whether a state belongs to these data.
   */
  readonly resident?: boolean;
  /** What a person calls this sample: a path, a primary key. Errors name it. */
  key?(index: number): string;
  /**
   * The index that a sample has in the source, where this dataset is a part of one, or another order: what messages and
   * reports name. The index itself by default.
   */
  origin?(index: number): number;
  /**
   * One field for all samples, where it is known without reading them: what stratifying and weighting need. A promise
   * where the storage answers later, of undefined where there is no such column.
   */
  column?(name: string): ColumnValues | undefined | Promise<ColumnValues | undefined>;
  readonly facts?: DatasetFacts | undefined;
  /**
   * The types of fields, as far as they are known: of loose numbers above all. Without it, an array in memory is looked at
   * whole; for any other dataset the first batch of a loader decides: int32 where all numbers of the field are whole, else
   * float32, and float64 for whole numbers that these would not hold.
   */
  readonly fields?: FieldTypes | undefined;
  /**
   * What this opening learned of its storage and samples depend on: which files, keys, classes, in which order. Plain
   * data, arrays over shared memory. Workers open the source with it as `SourceContext.shared` and must take it instead
   * of looking again, so that every thread has the same samples under the same indices, whatever is written meanwhile.
   * Where workers make the dataset by a recipe of its own (`portable`), what they share must equal this, bit by bit, and
   * so must the class names and keys: else they refuse with DATA_CHANGED. What threads write to while they read is a bare
   * SharedArrayBuffer: it is not compared.
   */
  share?(): unknown;
  /**
   * What identifies the content, beside the options it was opened with: for files their paths, sizes and times, as
   * `fingerprintFiles` has them, and whatever else a sample depends on, such as the run's seed. Caches on disk are kept
   * by it, so a dataset without it can be cached in memory only.
   */
  fingerprint?(): string | Promise<string>;
  /** Whoever opened the dataset calls this once. */
  close?(): void | Promise<void>;
}

/**
 * A field of a sample that is not made yet, such as an image that is still a file: transforms that know it add to what
 * will be done (`deferred: true` in their definition), so that one pass over the pixels does it all. The loader
 * materializes what is left before collation, and the transform chain does before any transform that wants plain values.
 */
export interface Deferred<T = unknown> {
  materialize(): T | Promise<T>;
}

/** True for a field that is still to be made. */
export function isDeferred(value: unknown): value is Deferred {
  return (
    typeof value === "object" &&
    value !== null &&
    // The property that an array has not is looked for in all of its prototypes, for each sample.
    !ArrayBuffer.isView(value) &&
    typeof (value as Partial<Deferred>).materialize === "function"
  );
}
