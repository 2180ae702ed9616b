/** Where training stands in the data, so that a later run can go on there. */
import { type BatchSource, knownLength } from "@millrace/core/spec";

/** As JSON. */
export interface Place {
  readonly epoch: number;
  /** The next batch of the epoch, from 0. */
  readonly batch: number;
  /** What the source said of itself, if it can, and how many batches come between that and the next one. */
  readonly source: unknown;
  readonly skip: number;
}

/** Makes the source go on at a place; the feed of that epoch has to skip so many batches. */
export function goTo(source: BatchSource, { batch, source: state, skip }: Place): number {
  if (state === null || source.resume === undefined) return batch;
  source.resume(state);
  return skip;
}

export function stateOf(source: BatchSource): unknown {
  return source.resume === undefined ? null : (source.state?.() ?? null);
}

/** The first `count` batches of epoch 0, in every epoch. Where nobody knows how many there are, there are said to be as many. */
export function limited(source: BatchSource, count: number): BatchSource {
  const length = knownLength(source);
  const kept = Math.min(count, length ?? count);
  return {
    length: kept,
    get samples() {
      const { samples } = source;
      return Math.min(samples, length === Infinity ? samples : kept * Math.ceil(samples / (length ?? kept)));
    },
    async *batches() {
      let left = kept;
      if (left === 0) return;
      for await (const batch of source.batches(0)) {
        yield batch;
        if (--left === 0) return;
      }
    },
  };
}
