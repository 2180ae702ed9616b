/** What a metric is: numbers that batches, and later processes, add to, and what the sum of them means. */
import type { MetricTable } from "./tables.js";
import type { OutputKind } from "../losses/loss.js";
import type { LossName } from "../losses/losses.js";

/** What a step tells metrics: plain numbers, on the host. */
export interface Outcome {
  readonly loss: LossName;
  readonly kind: OutputKind;
  readonly samples: number;
  /** The last axis of the model's output: labels, or numbers for each sample. */
  readonly units: number;
  /** The mean loss without what regularizers add, and how much it counts. */
  readonly meanLoss: number;
  readonly share: number;
  /** Row-major; label indices, or as many numbers as there are outputs. */
  readonly target: ArrayLike<number>;
  /** Row-major [answers, units]; empty unless a metric reads them. */
  readonly outputs: ArrayLike<number>;
  /** The label with the largest output of each answer; empty unless a metric reads them. */
  readonly predicted: ArrayLike<number>;
}

/** What a metric has counted; those of several processes are added by `addTallies`. */
export interface Tally {
  /** Added element by element. */
  readonly sums: Float64Array;
  /** Appended to each other; only exact rank statistics need it. */
  readonly list: number[];
}

export interface Metric {
  readonly name: string;
  /** The losses with which it makes sense. */
  readonly suits: readonly LossName[];
  /** What it reads of an outcome: the device sends nothing else. */
  readonly reads: "loss" | "predicted" | "outputs";
  /** Whether more is better. */
  readonly better: "min" | "max";
  /** How many sums it keeps for a model with so many units. */
  width(units: number): number;
  count(tally: Tally, outcome: Outcome): void;
  /** The result as a number; absent where it is a table only. */
  value?(tally: Tally, units: number): number;
  table?(tally: Tally, units: number, labels: readonly string[] | undefined): MetricTable;
}

export function emptyTally(metric: Metric, units: number): Tally {
  return { sums: new Float64Array(metric.width(units)), list: [] };
}

/** Adds what another process counted. */
export function addTally(to: Tally, { sums, list }: Tally): void {
  for (const [i, sum] of sums.entries()) to.sums[i] += sum;
  for (const score of list) to.list.push(score);
}

/** a / b, and 0 for 0 / 0. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
