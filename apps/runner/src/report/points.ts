/** Points of charts out of what a run recorded, on an axis of epochs, steps or seconds. */
import type { EpochResult } from "@millrace/core/spec";
import type { RunHistory, StepPoint } from "../run/history.js";
import type { Point } from "./chart.js";

export const units = ["epoch", "step", "second"] as const;
export type Unit = (typeof units)[number];

/** Where the steps and the ends of epochs of one run stand on an axis; NaN where nobody knows. */
export interface Ruler {
  readonly unit: Unit;
  ofStep(point: StepPoint): number;
  ofEpoch(epoch: number): number;
}

export function rulerOf({ steps, epochs }: RunHistory, unit: Unit): Ruler {
  const lengths = lengthsOf(steps);
  const share = ({ epoch, step, steps: all = lengths[epoch] }: StepPoint) => (step + 1) / all;
  if (unit === "epoch") {
    return { unit, ofStep: (point) => point.epoch + share(point), ofEpoch: (epoch) => epoch + 1 };
  }
  if (unit === "step") {
    const ends = sums(epochCount({ steps, epochs }), lengths);
    const ofStep = ({ epoch, step }: StepPoint) => (ends[epoch - 1] ?? 0) + step + 1;
    return { unit, ofStep, ofEpoch: (epoch) => ends[epoch] };
  }
  const seconds: number[] = [];
  for (const { epoch, seconds: taken } of epochs) seconds[epoch] = taken;
  const ends = sums(epochCount({ steps, epochs }), seconds);
  return {
    unit,
    ofStep: (point) => {
      const start = ends[point.epoch - 1] ?? 0;
      return start + (ends[point.epoch] - start) * share(point);
    },
    ofEpoch: (epoch) => ends[epoch],
  };
}

/** Epochs that have begun. */
export function epochCount({ steps, epochs }: Pick<RunHistory, "steps" | "epochs">): number {
  return Math.max((epochs.at(-1)?.epoch ?? -1) + 1, (steps.at(-1)?.epoch ?? -1) + 1);
}

/** "loss", and what else the epochs have measured, in the order of their first appearance. */
export function metricNames(epochs: readonly EpochResult[]): string[] {
  const measured = epochs.flatMap(({ train, validation }) => Object.keys({ ...train, ...validation }));
  return [...new Set(["loss", ...measured])];
}

export function perEpoch(
  epochs: readonly EpochResult[],
  ruler: Ruler,
  of: (epoch: EpochResult) => number | undefined,
): Point[] {
  return epochs.flatMap((epoch) => {
    const y = of(epoch);
    return y === undefined ? [] : [{ x: ruler.ofEpoch(epoch.epoch), y }];
  });
}

/** At most `most` points, each the mean over some steps in a row. */
export function perStep(
  steps: readonly StepPoint[],
  ruler: Ruler,
  of: (point: StepPoint) => number | undefined,
  most: number,
): Point[] {
  const size = Math.max(1, Math.ceil(steps.length / most));
  const points: Point[] = [];
  for (let from = 0; from < steps.length; from += size) {
    const group = steps.slice(from, from + size);
    const values = group.map(of).filter((value) => value !== undefined);
    if (values.length === 0) continue;
    const y = values.reduce((sum, value) => sum + value, 0) / values.length;
    points.push({ x: ruler.ofStep(group[group.length - 1]), y });
  }
  return points.filter(({ x }) => Number.isFinite(x));
}

/** "meanAbsoluteError" as "Mean absolute error". */
export function titleOf(name: string): string {
  const words = name.replace(
    /([a-z])([A-Z])/g,
    (_, end: string, start: string) => `${end} ${start.toLowerCase()}`,
  );
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Steps of each epoch, as far as they are known by now: of the one under way as many as the one before had, or more. */
function lengthsOf(steps: readonly StepPoint[]): number[] {
  const lengths: number[] = [];
  for (const { epoch, step, steps: all } of steps) lengths[epoch] = all ?? step + 1;
  const last = lengths.length - 1;
  if (last > 0) lengths[last] = Math.max(lengths[last], lengths[last - 1] ?? 0);
  return lengths;
}

/** The sum up to and with each epoch; one that is not known counts as much as the one before it, or the first known. */
function sums(count: number, values: readonly (number | undefined)[]): number[] {
  let usual = values.find((value) => value !== undefined) ?? Number.NaN;
  let sum = 0;
  return Array.from({ length: count }, (_, epoch) => {
    usual = values[epoch] ?? usual;
    sum += usual;
    return sum;
  });
}
