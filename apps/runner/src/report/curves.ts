/** The charts of a run: one for the loss, one for each metric. */
import type { EpochResult } from "@millrace/core/spec";
import type { RunHistory, StepPoint } from "../run/history.js";
import { figure } from "../view/format.js";
import { chart, type Point, type Series } from "./chart.js";
import type { Html } from "./html.js";
import { niceScale, type Scale } from "./scale.js";

/** More points than this a chart of this width cannot show. */
const mostPoints = 600;

export function curves({ steps, epochs }: RunHistory): Html[] {
  const names = new Set([
    "loss",
    ...epochs.flatMap(({ train, validation }) => Object.keys({ ...train, ...validation })),
  ]);
  return [...names].map((name) => curve(name, name === "loss" ? steps : [], epochs));
}

function curve(name: string, steps: readonly StepPoint[], epochs: readonly EpochResult[]): Html {
  const each: Series = { name: "training, as it went", style: "step", points: thinned(steps), marks: false };
  const train: Series = {
    name: "training, per epoch",
    style: "train",
    points: perEpoch(epochs, ({ train }) => train[name]),
    marks: true,
  };
  const validation: Series = {
    name: "validation",
    style: "validation",
    points: perEpoch(epochs, ({ validation }) => validation?.[name]),
    marks: true,
  };
  const series = [each, train, validation];
  const lastStep = steps.at(-1);
  return chart({
    title: titleOf(name),
    description: describe(name, train.points, validation.points),
    series,
    epochs: Math.max(epochs.length, lastStep === undefined ? 0 : lastStep.epoch + 1),
    scale: name === "loss" ? lossScale(series) : metricScale(series),
  });
}

/** "meanAbsoluteError" as "Mean absolute error". */
export function titleOf(name: string): string {
  const words = name.replace(
    /([a-z])([A-Z])/g,
    (_, end: string, start: string) => `${end} ${start.toLowerCase()}`,
  );
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function perEpoch(epochs: readonly EpochResult[], of: (epoch: EpochResult) => number | undefined): Point[] {
  return epochs.flatMap((epoch) => {
    const y = of(epoch);
    return y === undefined ? [] : [{ x: epoch.epoch + 1, y }];
  });
}

function thinned(steps: readonly StepPoint[]): Point[] {
  const size = Math.max(1, Math.ceil(steps.length / mostPoints));
  const lengths = lengthsOf(steps);
  const points: Point[] = [];
  for (let from = 0; from < steps.length; from += size) {
    const group = steps.slice(from, from + size);
    const { epoch, step, steps: all = lengths[epoch] } = group[group.length - 1];
    const mean = group.reduce((sum, { loss }) => sum + loss, 0) / group.length;
    points.push({ x: epoch + (step + 1) / all, y: mean });
  }
  return points;
}

/** Steps of each epoch, as far as they are known by now: of the one under way as many as the one before had, or more. */
function lengthsOf(steps: readonly StepPoint[]): number[] {
  const lengths: number[] = [];
  for (const { epoch, step } of steps) lengths[epoch] = step + 1;
  const last = lengths.length - 1;
  if (last > 0) lengths[last] = Math.max(lengths[last], lengths[last - 1] ?? 0);
  return lengths;
}

/** From 0, so that halves look like halves; the first steps' spikes may leave the chart. */
function lossScale(series: readonly Series[]): Scale {
  const [each, ...others] = series.map(valuesOf);
  const calm = each.sort((a, b) => a - b).slice(0, Math.max(1, Math.ceil(each.length * 0.98)));
  const values = [...calm, ...others.flat()];
  const [low, high] = bounds(values);
  return niceScale(low > high / 2 ? low : Math.min(0, low), high);
}

function metricScale(series: readonly Series[]): Scale {
  const [low, high] = bounds(series.flatMap(valuesOf));
  return niceScale(low, low === high ? high + Math.abs(high) * 0.01 : high);
}

function valuesOf({ points }: Series): number[] {
  return points.map(({ y }) => y).filter(Number.isFinite);
}

function bounds(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  return values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

function describe(name: string, train: readonly Point[], validation: readonly Point[]): string {
  const course = (points: readonly Point[], what: string) =>
    points.length > 0
      ? [`${what} from ${figure(points[0].y)} to ${figure(points[points.length - 1].y)}`]
      : [];
  const courses = [...course(train, "training"), ...course(validation, "validation")];
  return `${titleOf(name)} over ${train.length} epochs: ${courses.join(", ") || "nothing yet"}`;
}
