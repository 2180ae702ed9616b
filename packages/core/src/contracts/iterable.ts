/** The iterable dataset contract: samples come one after the other, as from a log, a socket or a generator. */

import type { FieldTypes } from "./dataset.js";

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

/** What a pass over a stream is asked for. */
export interface StreamContext {
  /** Which pass, from 0. */
  readonly epoch: number;
  /** The share to produce: every worker holds a whole copy, and a stream that ignores this is read once by each. */
  readonly shard: { readonly id: number; readonly count: number };
  /** Where to go on: what `state()` of an earlier pass returned, in this epoch and shard. */
  readonly state?: unknown;
}

/** One pass over a stream. */
export interface SampleStream<S = unknown> {
  next(): IteratorResult<S, unknown> | Promise<IteratorResult<S, unknown>>;
  /** Called when the pass is left early. */
  return?(): unknown;
  /**
   * Plain JSON from which `iterate` continues after the sample that `next` gave last. A stream without it is resumed by
   * reading from the start and dropping what was seen.
   */
  state?(): unknown;
}

/**
 * A stream-style dataset (torch.utils.data.IterableDataset). Any object with `[Symbol.iterator]` or
 * `[Symbol.asyncIterator]` that is no map-style dataset works too: each pass iterates it anew.
 */
export interface IterableDataset<S = unknown> {
  iterate(context: StreamContext): SampleStream<S>;
  /** The types of fields, as in `Dataset.fields`. */
  readonly fields?: FieldTypes;
  /** Samples of a whole pass over all shards, where it is known: gives the loader its length. */
  readonly length?: number | undefined;
  close?(): void | Promise<void>;
}

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
