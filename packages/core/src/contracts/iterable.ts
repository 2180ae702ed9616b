/** The iterable dataset contract: samples come one after the other, as from a log, a socket or a generator. */

import type { Dataset, DatasetFacts, FieldTypes, SampleProgress } from "./dataset.js";

/** Which worker thread is asking; torch's WorkerInfo. */
export interface WorkerInfo {
  /** From 0. */
  readonly id: number;
  readonly numWorkers: number;
  /** Base seed + id: different for each worker, the same in every run of the same seed. */
  readonly seed: number | bigint;
  /** This worker's own copy. */
  readonly dataset: unknown;
}

/** One of the shares that a stream is cut into, from 0. */
export interface Shard {
  readonly id: number;
  readonly count: number;
}

/** What a pass over a stream is asked for. */
export interface StreamContext {
  /** Which pass, from 0. */
  readonly epoch: number;
  /** The share to produce: every worker holds a whole copy, and a stream that ignores this is read once by each. */
  readonly shard: Shard;
  /** Where to go on: what `state()` of an earlier pass returned, in this epoch and shard. */
  readonly state?: unknown;
  /** Told what is done with a sample. Whoever wraps a stream passes the context on whole, so that it arrives. */
  readonly progress?: SampleProgress;
}

/** A sample that a pass gives. */
export interface StreamSample<S> extends IteratorYieldResult<S> {
  /**
   * What tells the sample from all others of the stream, whichever shard gives it and whenever: its number, a path and a
   * line. Errors name it, a split by hash divides by it, and it is the address of the sample's random numbers. Without it
   * a sample's number in its shard, times the number of shards, plus the shard's, takes its place as that address: the
   * same for any number of shards where they take turns.
   */
  readonly key?: string | number | undefined;
}

/** What `next` gives: a sample, or that there are no more. */
export type StreamResult<S> = StreamSample<S> | IteratorReturnResult<unknown>;

/** One pass over a stream. */
export interface SampleStream<S = unknown> {
  /** The next sample. After one that fails the pass may be asked again, and goes on behind it, if it can: see `goesOn`. */
  next(): StreamResult<S> | Promise<StreamResult<S>>;
  /** Called when the pass is left early. */
  return?(): unknown;
  /**
   * Plain JSON from which `iterate` continues after the sample that `next` gave last. A stream without it is resumed by
   * reading from the start and dropping what was seen.
   */
  state?(): unknown;
  /**
   * True if `next` can be called again after it threw: the sample that it stood at is passed over. False if it has ended
   * then, as generators have. Where nothing is said, a loader that passes over bad samples tries: an end right behind an
   * error is an end with that error.
   */
  readonly goesOn?: boolean | undefined;
}

/** What is known of whether a pass goes on after an error. */
export function goesOn(pass: SampleStream): boolean | undefined {
  const isGenerator = /^\[object (Async)?Generator\]$/.test(Object.prototype.toString.call(pass));
  return pass.goesOn ?? (isGenerator ? false : undefined);
}

/**
 * A stream-style dataset (torch.utils.data.IterableDataset). Any object with `[Symbol.iterator]` or
 * `[Symbol.asyncIterator]` that is no map-style dataset works too: each pass iterates it anew.
 */
export interface IterableDataset<S = unknown> {
  iterate(context: StreamContext): SampleStream<S>;
  /** The types of fields, as in `Dataset.fields`. */
  readonly fields?: FieldTypes | undefined;
  /** As in `Dataset.facts`. */
  readonly facts?: DatasetFacts | undefined;
  /** Samples of a whole pass over all shards, where it is known: gives the loader its length. Infinity if it never ends. */
  readonly length?: number | undefined;
  /** Samples of one shard, where that is known: gives the loader the exact number of its batches with several workers. */
  lengthOf?(shard: Shard): number | undefined;
  /** What decides its samples and their order, in words: a loader's state is taken for this stream's own by it. */
  readonly description?: string | undefined;
  /** As in `Dataset.share`. */
  share?(): unknown;
  /** As in `Dataset.fingerprint`. */
  fingerprint?(): string | Promise<string>;
  /** Whoever opened the stream calls this once; passes are ended before. */
  close?(): void | Promise<void>;
}

/** What a source opens. */
export type SourceDataset<S = unknown> = Dataset<S> | IterableDataset<S>;

/** What a loader takes as a stream. */
export type StreamLike<S = unknown> = IterableDataset<S> | Iterable<S> | AsyncIterable<S>;

/** True for a stream-style dataset: it iterates, and has no samples by index. Arrays and strings are no streams. */
export function isStreamLike(value: unknown): value is StreamLike {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return false;
  const candidate = value as Partial<
    IterableDataset & Iterable<unknown> & AsyncIterable<unknown> & { get: unknown }
  >;
  if (typeof candidate.get === "function") return false;
  return (
    typeof candidate.iterate === "function" ||
    typeof candidate[Symbol.asyncIterator] === "function" ||
    typeof candidate[Symbol.iterator] === "function"
  );
}

/** The stream as the contract has it: a plain iterable's passes know nothing of shards, and cannot be resumed. */
export function asIterableDataset<S>(stream: StreamLike<S>): IterableDataset<S> {
  if ("iterate" in stream) return stream;
  const { length, fields } = stream as Pick<IterableDataset, "length" | "fields">;
  const iterate = (): SampleStream<S> =>
    Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  return { iterate, ...(typeof length === "number" && { length }), ...(fields && { fields }) };
}
