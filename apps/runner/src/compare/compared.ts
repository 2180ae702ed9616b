/** Several runs beside each other: what each came to, in numbers. */
import { type Best, isBestLow, type MeasuredSplit } from "../report/best.js";
import type { PastRun } from "../run/past-run.js";
import { measured, measuredSplits } from "./measured.js";

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
  const measures = measuresOf(runs);
  return {
    measures,
    runs: runs.map((run, i) => {
      const { pace, results } = measured(run.history);
      return {
        run,
        place: run.place === undefined ? i : (run.place ?? undefined),
        epochs: run.history.epochs.length,
        ...pace,
        results: measures.map(({ split, metric }) => results[split].get(metric)),
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

function measuresOf(runs: readonly NamedRun[]): Measure[] {
  return measuredSplits.flatMap((split) => {
    const names = new Set(runs.flatMap(({ history }) => [...measured(history).results[split].keys()]));
    const others = [...names].filter((name) => name !== "loss");
    return [...others, ...(names.has("loss") ? ["loss"] : [])].map((metric) => ({ split, metric }));
  });
}
