/** Several runs beside each other: what each came to, in numbers. */
import type { EpochResult } from "@millrace/core/spec";
import { type Best, bestOf, isBestLow, type MeasuredSplit } from "../report/best.js";
import { metricNames } from "../report/points.js";
import type { PastRun } from "../run/past-run.js";
import { paceOf } from "../view/narrate.js";

/** A run under the name that the comparison gives it. */
export interface NamedRun extends PastRun {
  readonly name: string;
  /** Which look its lines have, its place in the list by default; null where none are drawn. */
  readonly place?: number | null;
}

/** One thing that runs were measured by. */
export interface Measure {
  readonly split: MeasuredSplit;
  readonly metric: string;
}

export interface ComparedRun {
  readonly run: NamedRun;
  /** The number of its look; undefined where it is not drawn. */
  readonly place: number | undefined;
  readonly epochs: number;
  /** Seconds of training in an epoch, on average. */
  readonly secondsPerEpoch?: number;
  readonly samplesPerSecond?: number;
  /** Shares of the training time. */
  readonly dataWait?: number;
  readonly upload?: number;
  /** One for each measure; undefined where the run does not have it. */
  readonly results: readonly (Best | undefined)[];
}

export interface Comparison {
  /** Validation before training, the loss behind the metrics. */
  readonly measures: readonly Measure[];
  readonly runs: readonly ComparedRun[];
}

export function compared(runs: readonly NamedRun[]): Comparison {
  const measures = measuresOf(runs.flatMap(({ history }) => history.epochs));
  return {
    measures,
    runs: runs.map((run, i) => {
      const { epochs } = run.history;
      const pace = epochs.length > 0 ? paceOf(epochs) : undefined;
      const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
      return {
        run,
        place: run.place === undefined ? i : (run.place ?? undefined),
        epochs: epochs.length,
        ...(pace && { ...pace, secondsPerEpoch: seconds / epochs.length }),
        results: measures.map(({ split, metric }) => bestOf(epochs, split, metric)),
      };
    }),
  };
}

/** Which run was best by each measure; undefined where fewer than two have it. */
export function winners({ measures, runs }: Comparison): (ComparedRun | undefined)[] {
  return measures.map(({ metric }, i) => {
    const sign = isBestLow(metric) ? 1 : -1;
    const valueOf = ({ results }: ComparedRun) => results[i]?.best?.value;
    const having = runs.filter((run) => valueOf(run) !== undefined);
    if (having.length < 2) return undefined;
    return having.toSorted((a, b) => sign * ((valueOf(a) ?? 0) - (valueOf(b) ?? 0)))[0];
  });
}

function measuresOf(epochs: readonly EpochResult[]): Measure[] {
  return (["validation", "train"] as const).flatMap((split) => {
    const having = epochs.filter((epoch) => epoch[split] !== undefined);
    if (having.length === 0) return [];
    const names = metricNames(having).filter((metric) =>
      having.some((epoch) => epoch[split]?.[metric] !== undefined),
    );
    const [losses, others] = [
      names.filter((name) => name === "loss"),
      names.filter((name) => name !== "loss"),
    ];
    return [...others, ...losses].map((metric) => ({ split, metric }));
  });
}
