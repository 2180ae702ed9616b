/** What is known of a run: points of its steps, its epochs, and where such points go. */
import type { EpochResult, TrainEvent } from "@millrace/core/spec";

/** Some steps in a row. */
export interface StepPoint {
  readonly epoch: number;
  /** The last of these steps, from 0. */
  readonly step: number;
  /** Steps of the epoch, where that is known. */
  readonly steps?: number;
  /** The mean over these steps. */
  readonly loss: number;
  /** Of the last of these steps. */
  readonly learningRate?: number;
  readonly samplesPerSecond?: number;
  readonly dataWait?: number;
  readonly upload?: number;
}

export interface RunHistory {
  device?: Extract<TrainEvent, { readonly type: "device" }>;
  model?: Extract<TrainEvent, { readonly type: "model" }>;
  readonly steps: StepPoint[];
  readonly epochs: EpochResult[];
}

/** What became of a run, as its run.json says. */
export type RunStatus = "running" | "finished" | "stopped" | "failed";

/** Where points go, in order. */
export interface Sink {
  step(point: StepPoint): void;
  epoch(result: EpochResult): void;
  close(): void;
}
