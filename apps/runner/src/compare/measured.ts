/** What one run's epochs come to; worked out once for as long as they stay the same. */
import { type Best, bestOf, type MeasuredSplit } from "../report/best.js";
import { metricNames } from "../report/points.js";
import type { RunHistory } from "../run/history.js";
import { type Pace, paceOf } from "../view/narrate.js";

export const measuredSplits = ["validation", "train"] as const;

export interface Measured {
  readonly results: Readonly<Record<MeasuredSplit, ReadonlyMap<string, Best>>>;
  /** Undefined before the first epoch has ended. */
  readonly pace?: Pace & {
    /** Seconds of training in an epoch, on average. */
    readonly secondsPerEpoch: number;
  };
}

const known = new WeakMap<RunHistory, Measured>();

export function measured(history: RunHistory): Measured {
  const present = known.get(history) ?? measure(history);
  known.set(history, present);
  return present;
}

function measure({ epochs }: RunHistory): Measured {
  const names = metricNames(epochs);
  const resultsOf = (split: MeasuredSplit) =>
    new Map(
      names.flatMap((name): [string, Best][] => {
        const best = bestOf(epochs, split, name);
        return best === undefined ? [] : [[name, best]];
      }),
    );
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  return {
    results: { validation: resultsOf("validation"), train: resultsOf("train") },
    ...(epochs.length > 0 && { pace: { ...paceOf(epochs), secondsPerEpoch: seconds / epochs.length } }),
  };
}
