/** The transform contract: one sample in, one sample out; many at once, or the columns of a batch, where that is cheaper. */
import type { Allocator } from "./batch.js";
import type { NdArray, TypedArray } from "./ndarray.js";
import type { RaggedColumns } from "./ragged.js";
import type { Random } from "./random.js";

/** What a transform is told of the sample. */
export interface TransformContext {
  /** The sample's index in the source. */
  readonly index: number;
  /** Which pass over the dataset, from 0. */
  readonly epoch: number;
  /**
   * Random numbers addressed by (seed, epoch, index, position in the chain): the same for any number of workers, any
   * order and any prefetch. Draw from nothing else.
   */
  readonly random: Random;
  /** True where the sample is a person's own, to be predicted: fields may be absent, such as the answer. */
  readonly loose?: true;
}

/** Must not change the sample it was given: return a new one (`{ ...sample, image }`). */
export type Transform<In = unknown, Out = unknown> = (
  sample: In,
  context: TransformContext,
) => Out | Promise<Out>;

/** What a transform is told of several samples. */
export interface ManyContext {
  /** Each sample's index in the source. */
  readonly indices: readonly number[];
  /** Which pass over the dataset, from 0. */
  readonly epoch: number;
  /** The random numbers that `apply` would be given for the sample at this entry: from their beginning, at each call. */
  readonly random: (entry: number) => Random;
  /** Memory for arrays. What comes from here and is left in the batch is not copied again. */
  readonly allocator: Allocator;
}

/**
 * The fields of B samples as `defaultCollate` would give them: numbers as an NdArray of [B, …], texts as a list of B. A
 * value that is missing is null in a sample, NaN in a column of float numbers, null in a list.
 */
export type Columns = Readonly<Record<string, NdArray | readonly unknown[]>>;

/** A transform in more than one form. All forms must agree, bit for bit: which one is used is not for the plugin to know. */
export interface TransformForms<In = unknown, Out = unknown> {
  apply: Transform<In, Out>;
  /** Many samples at once, in their order; as many come out. For those that cost less together, such as tokenising. */
  applyMany?(samples: readonly In[], context: ManyContext): readonly Out[] | Promise<readonly Out[]>;
  /**
   * The columns of a batch: what collating the samples that `apply` makes would give. Used where the source has columns
   * (`getBatch`) and all transforms know them. Must not write to the columns it was given; those that it leaves as they
   * are go into the result as they are. Numbers that are in no array have the element type that `fields` states, and
   * samples have them rounded to it.
   */
  applyColumns?(columns: Columns, context: ManyContext): Columns | Promise<Columns>;
  /**
   * As `applyColumns`, for a transform that makes sequences of different lengths, or takes them. Used where the collate
   * function takes columns too; what it refuses is done sample by sample.
   */
  applyRagged?(columns: RaggedColumns, context: ManyContext): RaggedColumns | Promise<RaggedColumns>;
}

/** A transform's forms, where only one may be given. */
export function formsOf<In, Out>(
  transform: Transform<In, Out> | TransformForms<In, Out>,
): TransformForms<In, Out> {
  return typeof transform === "function" ? { apply: transform } : transform;
}

/**
 * What a fitted transform has learned: plain JSON with typed arrays wherever there are many numbers, or numbers that JSON
 * has not (NaN, infinities). Arrays keep their element type and every bit of their values. Texts under `files` at its top
 * are also written as files of their names beside the state, for other programs: `fitted/0-bpe/tokenizer.json`.
 */
export type FittedState =
  | null
  | boolean
  | number
  | string
  | TypedArray
  | readonly FittedState[]
  | { readonly [key: string]: FittedState };

/**
 * Learns from samples, one block of them after the other. Every block of 4,096 samples is added to a fitter of its own, in
 * the order of their indices, and the parts are merged in a fixed tree: the state has the same bits for any number of
 * workers. Sums belong in float64; ties between equal counts are decided by text.
 */
export interface Fitter<In = unknown, Partial = unknown, State extends FittedState = FittedState> {
  /** One more sample. Must not change it. */
  add(sample: In): void;
  /** The columns of several more samples: what adding each of them would have done, bit for bit. */
  addColumns?(columns: Columns, count: number): void;
  /**
   * What was seen, as plain data that crosses threads (anything `structuredClone` takes). Merged into a new fitter it
   * makes one that goes on as this one would.
   */
  partial(): Partial;
  /** Takes in what another fitter saw: samples that come after all of those seen here. */
  merge(partial: Partial): void;
  /** What `create` is given as `fitted`. */
  state(): State;
}

/** Fields of a sample that a transform, and what it learns, look at, and those that it changes, adds or takes away. */
export interface Touched {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** How values of a field are led back through a transform: predictions of a target that it changed. */
export interface Inverse {
  /** What the field is called before the transform. */
  readonly field: string;
  /** The values as they were before it, number for number. */
  apply(values: ArrayLike<number>): Float64Array;
}
