/** A sweep from its first trial that is due to the last, written down as it goes. */
import { duration } from "../view/format.js";
import type { Standing } from "./curve-file.js";
import { writePage } from "./page.js";
import { isDue, runTrials } from "./sweeping.js";
import { type Sweep, type Trial, writeSweep } from "./sweep-file.js";
import { standingText } from "./text.js";

export interface Telling {
  readonly ended: (trial: Trial) => void;
  readonly standing: (text: string) => void;
}

/** Runs what is due; sweep.json and the page say how it stands, whatever ends it. */
export async function runSweep(
  at: {
    readonly folder: string;
    readonly sweep: Sweep;
    readonly parallel: number;
    readonly signal: AbortSignal;
  },
  { ended, standing }: Telling,
): Promise<void> {
  const { folder, sweep, signal } = at;
  const began = performance.now();
  let [done, last] = [0, began];
  const left = (): string[] => {
    const due = sweep.trials.filter(({ state }) => isDue(state)).length;
    if (done === 0 || due === 0) return [];
    const each = (last - began) / done;
    return [`${duration(Math.max(0, each * due - (performance.now() - last)) / 1000)} left`];
  };
  sweep.status = "running";
  sweep.pid = process.pid;
  delete sweep.finishedAt;
  const save = inTurn(async () => {
    await writeSweep(folder, sweep);
    await writePage(folder, sweep);
  });
  await save();
  try {
    await runTrials({
      ...at,
      ended(trial) {
        done++;
        last = performance.now();
        ended(trial);
      },
      standing: (running: ReadonlyMap<Trial, Standing>) =>
        standing([standingText(sweep, running), ...left()].join(" · ")),
      save,
    });
  } finally {
    sweep.status = signal.aborted && sweep.trials.some(({ state }) => isDue(state)) ? "stopped" : "finished";
    sweep.finishedAt = new Date().toISOString();
    delete sweep.pid;
    await save();
  }
}

/** One call after the other: two trials that end at once must not write one file at the same time. */
function inTurn(write: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.catch(() => undefined).then(write);
    return last;
  };
}
