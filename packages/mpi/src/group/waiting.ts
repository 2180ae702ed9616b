/** Waiting for others without a thread, and without a core of its own for long. */
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

/** Asked this often before other things of the event loop have their turn. */
const questionsPerTurn = 8;
/** Ranks in step are late by less: until then an answer is asked for without a pause. */
const eagerMilliseconds = 30;
/** Afterwards a pause is this part of what was waited already, so that it costs next to nothing either way. */
const pausePart = 1 / 30;
const longestPauseMilliseconds = 5;

/** Settles soon after `done` says true. Meanwhile the event loop runs. */
export async function until(done: () => boolean): Promise<void> {
  const begun = performance.now();
  for (;;) {
    for (let asked = 0; asked < questionsPerTurn; asked++) if (done()) return;
    const waited = performance.now() - begun;
    if (waited < eagerMilliseconds) await turn();
    else await sleep(Math.min(waited * pausePart, longestPauseMilliseconds));
  }
}
