/** Trials from the best to those that came to nothing. */
import { isBestLow } from "../report/best.js";
import type { Sweep, Trial, TrialState } from "./sweep-file.js";

export interface Ranked {
  readonly trial: Trial;
  /** From 1; undefined for trials that have nothing to be ranked by. */
  readonly rank?: number;
  /** What it is ranked by. */
  readonly value?: number;
}

const order: Readonly<Record<TrialState, number>> = {
  finished: 0,
  hopeless: 1,
  running: 2,
  stopped: 2,
  waiting: 3,
  killed: 4,
  failed: 5,
};

/** Finished trials by their value, then those that were given up, then all others; failed ones last. */
export function ranked({ trials, by }: Pick<Sweep, "trials" | "by">): Ranked[] {
  const sign = isBestLow(by) ? 1 : -1;
  const valued = trials.map((trial) => {
    const value = trial.metrics?.[by];
    const isDone = trial.state === "finished" || trial.state === "hopeless";
    return { trial, value: isDone && Number.isFinite(value) ? value : undefined };
  });
  valued.sort((a, b) => {
    const [first, second] = [order[a.trial.state], order[b.trial.state]];
    if (first !== second) return first - second;
    const [x = Number.POSITIVE_INFINITY, y = Number.POSITIVE_INFINITY] = [a.value, b.value].map(
      (value) => value && sign * value,
    );
    return x === y ? a.trial.id.localeCompare(b.trial.id) : x - y;
  });
  return valued.map(({ trial, value }, i) => ({ trial, ...(value !== undefined && { rank: i + 1, value }) }));
}

/** Of the trials, the one that is best so far. */
export function bestOf(sweep: Sweep): Ranked | undefined {
  return ranked(sweep).find(({ value }) => value !== undefined);
}

/** The metrics of all trials by name, the one that ranks them first. */
export function metricNames({ trials, by }: Sweep): string[] {
  const names = new Set(trials.flatMap(({ metrics = {} }) => Object.keys(metrics)));
  return [by, ...names].filter((name, i, all) => names.has(name) && all.indexOf(name) === i);
}

/** "trainer.with.learningRate" as "learningRate", with as much before it as tells it from the others. */
export function shortNames(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const keys = path.split(".");
    for (let count = 1; count < keys.length; count++) {
      const name = keys.slice(-count).join(".");
      if (paths.filter((other) => other === name || other.endsWith(`.${name}`)).length === 1) return name;
    }
    return path;
  });
}

export function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
