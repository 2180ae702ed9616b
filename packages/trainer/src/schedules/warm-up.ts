/** Warm-up: a rate that grows along a line before another schedule begins (Goyal et al. 2017). */
import type { Schedule } from "./schedule.js";

/** `updates` updates lead from `from` to the whole rate; `then` counts updates and epochs from there. */
export function warmUp(updates: number, updatesPerEpoch: number, from: number, then: Schedule): Schedule {
  // A schedule that counts epochs begins with the first that is not all warm-up.
  const epochs = Math.ceil(updates / Math.max(updatesPerEpoch, 1));
  return {
    ...then,
    factor(progress) {
      const { update, total } = progress;
      if (update < updates) return from + ((1 - from) * (update + 1)) / updates;
      const epoch = Math.max(progress.epoch - epochs, 0);
      return then.factor({ epoch, update: update - updates, total: total - updates });
    },
  };
}
