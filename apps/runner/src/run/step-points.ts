/** Points of steps as they come, fewer of them the longer a run goes: each the mean over some steps in a row. */
import type { StepPoint } from "./history.js";

/** More than this per run no chart shows. */
const mostPoints = 4000;

export interface StepPoints {
  add(point: StepPoint): void;
  /** All so far; the last one may still change. */
  all(): StepPoint[];
}

export function stepPoints(most = mostPoints): StepPoints {
  let groups: Group[] = [];
  /** So many of the recorded points make a group. */
  let size = 1;
  return {
    add(point) {
      const last = groups.at(-1);
      // The last step of an epoch tells how long it was.
      if (last !== undefined && last.count < size && last.point.epoch === point.epoch) {
        groups[groups.length - 1] = joined(last, { point, count: 1 });
        return;
      }
      groups.push({ point, count: 1 });
      if (groups.length <= most) return;
      groups = inPairs(groups);
      size *= 2;
      // Every epoch keeps one at least, however many there are.
      most = Math.max(most, 2 * groups.length);
    },
    all: () => groups.map(({ point }) => point),
  };
}

interface Group {
  /** The last of the group, with the mean of its losses. */
  readonly point: StepPoint;
  readonly count: number;
}

function inPairs(groups: readonly Group[]): Group[] {
  const pairs: Group[] = [];
  for (let i = 0; i < groups.length; i++) {
    const [one, other] = [groups[i], groups[i + 1] as Group | undefined];
    if (other?.point.epoch === one.point.epoch) {
      pairs.push(joined(one, other));
      i++;
    } else pairs.push(one);
  }
  return pairs;
}

function joined(a: Group, b: Group): Group {
  const count = a.count + b.count;
  const loss = (a.point.loss * a.count + b.point.loss * b.count) / count;
  return { point: { ...b.point, loss }, count };
}
