/** Warm-up: a rate that grows along a line before another schedule begins (Goyal et al. 2017). */
import type { Schedule } from "./schedule.js";

/** `updates` updates lead from `from` to the whole rate; `then` counts what follows. */
export function warmUp(updates: number, from: number, then: Schedule): Schedule {
  return {
    ...then,
    factor(progress) {
      const { update, total } = progress;
      if (update < updates) return from + ((1 - from) * (update + 1)) / updates;
      return then.factor({ ...progress, update: update - updates, total: total - updates });
    },
  };
}
