/** What a learner says of itself: its state, what a step came to, and where the time went. */
import type { NdArray } from "@millrace/core";
import type { Measured } from "../measuring/tallies.js";
import type { OptimizerOptions } from "../optimizers/optimizers.js";

/** As JSON. */
export interface LearnerState {
  readonly optimizer: OptimizerOptions["type"];
  readonly updates: number;
  /** Batches learned from, which is also the address of noise. */
  readonly batches: number;
  readonly parts: number;
  readonly share: number;
  readonly schedule: unknown;
}

export type Arrays = Record<string, NdArray>;

/** Milliseconds of this thread. */
export interface Spent {
  forward: number;
  backward: number;
  update: number;
  results: number;
  /** Where there are several processes. */
  allreduce?: number;
}

/** What a step came to. */
export interface Learnt {
  /** The loss of the whole batch. */
  readonly loss: number;
  /** Of all processes; 0 where none had one left. */
  readonly samples: number;
  /** What was measured of this process's part. */
  readonly own?: Measured | undefined;
}
