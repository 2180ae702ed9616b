/** What streams do not say beforehand: how long they are, and whether there is anything in them. */
import { MillraceError } from "@millrace/core";
import type { Feed } from "../feeding/feed.js";
import type { TrainerOptions } from "../options.js";

type Lengths = Pick<TrainerOptions, "maxSteps" | "maxTime" | "overfitBatches" | "schedule">;

/** Schedules that lead from the first update of a run to its last. */
const overWholeRun = ["cosine", "linear", "oneCycle"];

/** `steps` are the batches of an epoch: undefined where that is not known, Infinity where there is no end to them. */
export function lengthFaults(options: Lengths, steps: number | undefined): MillraceError[] {
  const { schedule, maxSteps, maxTime, overfitBatches } = options;
  if (overfitBatches !== undefined || (steps ?? Infinity) < Infinity) return [];
  const what = steps === undefined ? "does not say how long it is" : "has no end";
  const fault = (message: string, hint: string, ...path: string[]): MillraceError =>
    new MillraceError("LENGTH_UNKNOWN", message, { hint, path: ["trainer", "with", ...path] });
  const faults: MillraceError[] = [];
  if (steps === Infinity && maxSteps === undefined && maxTime === undefined) {
    const hint = "Give the source a `limit`, which ends its epochs, or state maxSteps or maxTime.";
    faults.push(fault("the training stream has no end, and neither has the run", hint));
  }
  if (schedule !== undefined && overWholeRun.includes(schedule.type) && maxSteps === undefined) {
    const message = `the schedule ${schedule.type} must know how many updates the run has, but the training stream ${what}`;
    faults.push(fault(message, "State maxSteps.", "schedule", "type"));
  }
  if (schedule !== undefined && "warmUp" in schedule && schedule.warmUp?.epochs !== undefined) {
    const message = `a warm-up in epochs must know how many updates one has, but the training stream ${what}`;
    faults.push(fault(message, "State `updates` instead of `epochs`.", "schedule", "warmUp", "epochs"));
  }
  return faults;
}

/** Whether the step before `next` was the last of its epoch, of which `steps` are known; a stream may have more than it says. */
export async function isLastStep(feed: Feed, next: number, steps = 0): Promise<boolean> {
  return next >= steps && (await feed.peek()) === undefined && !feed.isAborted;
}

/** Of a stream nobody knows before. */
export function emptyValidation(): MillraceError {
  return new MillraceError("SPLIT_INVALID", "the validation split must yield at least one batch, was empty", {
    hint: "Give it a larger share, or leave it out.",
  });
}
