/** A sweep at work: its trials one after the other, or several at once, each change written as it comes. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { standingOf, type Standing } from "./curve-file.js";
import { isBestLow } from "../report/best.js";
import { type Curve, halving, medianStopping, type Stopping } from "./stopping.js";
import type { Sweep, Trial } from "./sweep-file.js";
import { checkpointed, startTrial, type TrialEnd, type TrialProcess } from "./trial-process.js";

export interface Sweeping {
  readonly folder: string;
  readonly sweep: Sweep;
  readonly parallel: number;
  /** When it aborts, running trials save and end, and no other begins. */
  readonly signal: AbortSignal;
  /** A trial has come to an end. */
  readonly ended: (trial: Trial) => void;
  /** Told now and then where the trials that run stand. */
  readonly standing: (running: ReadonlyMap<Trial, Standing>) => void;
  /** Writes down how the sweep stands. */
  readonly save: () => Promise<void>;
}

/** How often running trials are looked at. */
const lookMilliseconds = 250;

/** Runs every trial that is still to be run. */
export async function runTrials(sweeping: Sweeping): Promise<void> {
  const { folder, sweep, parallel, signal } = sweeping;
  const due = sweep.trials.filter(({ state }) => isDue(state));
  const running = new Map<Trial, TrialProcess>();
  const curves = new Map(sweep.trials.map((trial) => [trial, curveOf(folder, trial, sweep.by)]));
  const stop = () => {
    for (const each of running.values()) each.stop();
  };
  signal.addEventListener("abort", stop);
  const timer = setInterval(() => look(sweeping, running, curves), lookMilliseconds);
  const work = async (): Promise<void> => {
    for (let trial = due.shift(); trial !== undefined && !signal.aborted; trial = due.shift()) {
      await runOne(sweeping, trial, running);
      curves.set(trial, curveOf(folder, trial, sweep.by));
      sweeping.ended(trial);
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, work));
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", stop);
  }
}

export function isDue(state: Trial["state"]): boolean {
  return state === "waiting" || state === "running" || state === "stopped" || state === "killed";
}

async function runOne(
  { folder, sweep, signal, save }: Sweeping,
  trial: Trial,
  running: Map<Trial, TrialProcess>,
): Promise<void> {
  const resumeFrom = checkpointed(folder, trial);
  const run = `trials/${trial.id}${trial.runs.length === 0 ? "" : `-${trial.runs.length + 1}`}`;
  mkdirSync(join(folder, "trials"), { recursive: true });
  const child = startTrial(sweep, trial, join(folder, run), resumeFrom);
  trial.runs = [...trial.runs, run];
  trial.state = "running";
  trial.pid = child.pid;
  delete trial.reason;
  running.set(trial, child);
  // It may have come while the trial was about to start.
  if (signal.aborted) child.stop();
  await save();
  note(trial, await child.ended);
  running.delete(trial);
  await save();
}

function note(trial: Trial, end: TrialEnd): void {
  delete trial.pid;
  if ("reason" in end) {
    trial.state = end.type;
    trial.reason = end.reason;
    return;
  }
  trial.metrics = end.metrics;
  trial.epochs = end.epochs;
  trial.seconds = (trial.seconds ?? 0) + end.seconds;
  // One that was given up has its reason already; it may have come to its end before it heard of it.
  if (end.type === "finished") {
    trial.state = "finished";
    delete trial.reason;
  } else trial.state = trial.reason === undefined ? "stopped" : "hopeless";
}

function look(sweeping: Sweeping, running: Map<Trial, TrialProcess>, curves: Map<Trial, Curve>): void {
  const { folder, sweep } = sweeping;
  const rule = ruleOf(sweep);
  const standings = new Map<Trial, Standing>();
  for (const [trial, child] of running) {
    const standing = standingOf(join(folder, trial.runs.at(-1) ?? ""), sweep.by);
    standings.set(trial, standing);
    const before = curves.get(trial)?.values.length ?? 0;
    curves.set(trial, { values: standing.values, isWhole: false });
    if (standing.values.length <= before || rule === undefined) continue;
    // Several epochs may have ended since: each is judged as it was then.
    for (let age = before + 1; age <= standing.values.length && trial.reason === undefined; age++) {
      const others = [...curves].flatMap(([other, curve]) => (other === trial ? [] : [curve]));
      const reason = rule(standing.values.slice(0, age), others, isBestLow(sweep.by));
      if (reason === undefined) continue;
      trial.reason = reason;
      child.stop();
    }
  }
  sweeping.standing(standings);
}

function curveOf(folder: string, { runs, state }: Trial, metric: string): Curve {
  const last = runs.at(-1);
  const { values } = last === undefined ? { values: [] } : standingOf(join(folder, last), metric);
  return { values, isWhole: state === "finished" };
}

function ruleOf({ stopping }: Sweep): Stopping | undefined {
  if (stopping === undefined) return undefined;
  return stopping.rule === "median" ? medianStopping : halving(stopping.factor);
}
