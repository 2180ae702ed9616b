/** The course of a run so far: how its loss went, and how much time is left. */
import type { Spec, TrainEvent } from "@millrace/core/spec";

/** Where training will end, as far as the trainer's options say so under the usual names. */
export interface Ends {
  readonly epochs?: number;
  /** Updates after which training ends, and the batches of one. */
  readonly maxSteps?: number;
  readonly accumulate?: number;
  /** Seconds. */
  readonly maxTime?: number;
}

/** What a spec's trainer says of its end; nothing where it calls it otherwise. */
export function endsOf({ trainer }: Pick<Spec, "trainer">): Ends {
  const names = ["epochs", "maxSteps", "accumulate", "maxTime"] as const;
  const options = trainer.with as Partial<Record<keyof Ends, unknown>>;
  return Object.fromEntries(
    names.flatMap((name) => (typeof options[name] === "number" ? [[name, options[name]]] : [])),
  );
}

export interface Course {
  readonly epochs: number | undefined;
  add(event: TrainEvent): void;
  /** Seconds until training ends, if it goes on as it did; undefined where nobody can know, or not yet. */
  remaining(): number | undefined;
  /** The loss since training began, as means over equal stretches, at most `points` of them. */
  losses(points: number): number[];
}

/** Steps before whose time is known nothing is said of what is left. */
const fewSteps = 3;
/** Seconds over which the time of a step is averaged: what was before counts a third of what is now. */
const memory = 20;
/** An even number of stretches: when they are full, each two become one. */
const mostStretches = 64;

type Step = Extract<TrainEvent, { readonly type: "step" }>;

export function courseOf(ends: Ends, now: () => number = () => performance.now() / 1000): Course {
  const began = now();
  const trace = lossTrace();
  let last: { readonly event: Step; readonly at: number } | undefined;
  let timed = 0;
  /** Seconds and steps of late, and the seconds that lie between two epochs: validation, checkpoints, the report. */
  let [seconds, steps, between] = [0, 0, 0];
  const stepSeconds = () => (steps === 0 ? 0 : seconds / steps);
  const addStep = (event: Step): void => {
    const at = now();
    if (last !== undefined) {
      const passed = at - last.at;
      if (last.event.epoch !== event.epoch) between = Math.max(0, passed - stepSeconds());
      else {
        timed++;
        const kept = Math.exp(-passed / memory);
        seconds = seconds * kept + passed;
        steps = steps * kept + 1;
      }
    }
    last = { event, at };
    trace.add(event.loss);
  };
  return {
    epochs: ends.epochs,
    add(event) {
      if (event.type === "step") addStep(event);
    },
    remaining() {
      const { maxTime } = ends;
      const limits = [maxTime === undefined ? undefined : Math.max(0, maxTime - (now() - began))];
      if (last !== undefined && timed >= fewSteps) {
        const left = leftOf(last.event, ends);
        const estimate = left && left.steps * stepSeconds() + left.pauses * between - (now() - last.at);
        limits.push(estimate && Math.max(0, estimate));
      }
      const known = limits.filter((limit) => limit !== undefined);
      return known.length === 0 ? undefined : Math.min(...known);
    },
    losses: (points) => trace.means(points),
  };
}

/** Steps that come, and the ends of epochs, each with its validation. */
function leftOf(
  { steps, epoch, step }: Step,
  ends: Ends,
): { readonly steps: number; readonly pauses: number } | undefined {
  const end = steps === undefined ? undefined : lastBatch(ends, steps);
  if (steps === undefined || end === undefined) return undefined;
  return {
    steps: Math.max(0, end - (epoch * steps + step + 1)),
    pauses: Math.max(0, Math.ceil(end / steps) - epoch),
  };
}

/** Batches from the first of all to the last, where an epoch has `steps`. */
function lastBatch({ epochs, maxSteps, accumulate = 1 }: Ends, steps: number): number | undefined {
  const ends = epochs === undefined ? [] : [epochs * steps];
  if (maxSteps !== undefined) {
    // What is left over at the end of an epoch makes an update of its own.
    const updates = Math.ceil(steps / accumulate);
    ends.push(Math.floor(maxSteps / updates) * steps + (maxSteps % updates) * accumulate);
  }
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function lossTrace() {
  let stretches: number[] = [];
  let size = 1;
  let [sum, count] = [0, 0];
  return {
    add(loss: number): void {
      if (!Number.isFinite(loss)) return;
      sum += loss;
      if (++count < size) return;
      stretches.push(sum / count);
      [sum, count] = [0, 0];
      if (stretches.length < mostStretches) return;
      stretches = means(stretches, mostStretches / 2);
      size *= 2;
    },
    means: (points: number): number[] => means(stretches, points),
  };
}

/** The list as at most `points` means of neighbours. */
function means(list: readonly number[], points: number): number[] {
  const each = Math.max(1, Math.ceil(list.length / points));
  return Array.from({ length: Math.ceil(list.length / each) }, (_, i) => {
    const part = list.slice(i * each, (i + 1) * each);
    return part.reduce((total, value) => total + value, 0) / part.length;
  });
}

const bars = "▁▂▃▄▅▆▇█";

/** "█▆▄▃▂▁": the values between their lowest and their highest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return values
    .map((value) => bars[high > low ? Math.round(((value - low) / (high - low)) * (bars.length - 1)) : 0])
    .join("");
}
