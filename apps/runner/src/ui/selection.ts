/** Which runs are drawn, each with a look that stays while others come and go. */
import { mostLooks } from "../compare/looks.js";
import { type Unit, units } from "../report/points.js";
import type { WatchedRun } from "./watch.js";

export interface Selection {
  /** Runs by the number of their look, "" where that is free; undefined draws the newest ones. */
  readonly slots?: readonly string[];
  readonly unit: Unit;
}

/** So many of the newest are drawn where nobody has chosen. */
const mostNewest = 6;

/** `run=a&run=&run=b&unit=step`. */
export function selectionOf(query: URLSearchParams): Selection {
  const slots = query.getAll("run").slice(0, mostLooks);
  const unit = units.find((each) => each === query.get("unit")) ?? "epoch";
  return { ...(slots.length > 0 && { slots }), unit };
}

/** The runs with their places; `runs` has the newest first. */
export function placed(runs: readonly WatchedRun[], { slots }: Selection): WatchedRun[] {
  return runs.map((run, i) => {
    if (slots !== undefined) {
      const place = slots.indexOf(run.id);
      return { ...run, place: place < 0 ? null : place };
    }
    // Counted from the oldest, so that a new run takes the look of the one that it replaces.
    return { ...run, place: i < mostNewest ? (runs.length - 1 - i) % mostNewest : null };
  });
}
