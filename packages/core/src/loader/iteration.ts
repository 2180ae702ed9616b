/** What a loader keeps of an iteration under way, and what it says of one. */
import type { Pass } from "./makers.js";
import type { Position } from "./resume/position.js";
import type { Fingerprint, LoaderState } from "./resume/state.js";

/**
 * Ends the pass of an iteration that nobody holds any more. A `for await` that a failed batch ends does not tell its
 * iterator, so that this is the only way to know.
 */
export const abandoned = new FinalizationRegistry((pass: Pass) => void pass.end("left"));

/** What resuming needs of an iteration that has started. */
export interface Started {
  readonly position: Position;
  readonly baseSeed: bigint;
  /** The generators as they were before the epoch's order was drawn. */
  readonly generator: string | undefined;
  /** Made when the first state of this epoch is asked for: it takes a pass over the order. */
  fingerprint?: Fingerprint;
}

/** torch warns at each batch beyond the length; once an epoch says the same. */
export function warnBeyond(length: number, numWorkers: number): void {
  const hint =
    numWorkers > 1 ? "; every worker reads the whole stream unless it shards itself by `shard`" : "";
  process.emitWarning(`a stream gives more than the ${length} batches that its length says${hint}`, {
    code: "MILLRACE_LENGTH",
  });
}

/** The base seed that a state carries. */
export function seedOf(state: LoaderState | undefined): bigint | undefined {
  return state?.baseSeed === undefined ? undefined : BigInt(state.baseSeed);
}
