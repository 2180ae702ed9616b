/** Where training stands in the data, so that a later run can go on there. */
import { type BatchSource, knownLength } from "@millrace/core/spec";

/** As JSON. */
export interface Place {
  readonly epoch: number;
  /** The next batch of the epoch, from 0. */
  readonly batch: number;
  /** What the source said of itself, if it can, at this batch or before it. */
  readonly source: unknown;
  /** The same of each process, by rank, where several read a stream. */
  readonly ranks?: readonly unknown[];
}

/** Makes the source go on at a place, or before it: the feed passes over the batches in between. */
export function goTo(source: BatchSource, { source: state }: Place): void {
  if (state !== null) source.resume?.(state);
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

/** The place of batch `next`, counted from where the epoch began, for sources that had no say. */
export function counted({ epoch, source }: Place, next: number): Place {
  return { epoch, batch: next, source };
}
