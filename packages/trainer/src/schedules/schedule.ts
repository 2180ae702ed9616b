/** What a schedule is: the learning rate of each update, as a multiple of the optimizer's own. */
import type { Metrics } from "@millrace/core/spec";

/** Where training stands when an update is about to be made. */
export interface TrainingProgress {
  /** Updates made before, from 0. */
  readonly update: number;
  /** Updates of the whole run. */
  readonly total: number;
  /** From 0. */
  readonly epoch: number;
}

export interface Schedule {
  factor(progress: TrainingProgress): number;
  /** Told after each epoch what was measured, where the schedule depends on it. */
  observe?(metrics: Metrics): void;
  /** What it remembers, as JSON. */
  state?(): unknown;
  restore?(state: unknown): void;
}
