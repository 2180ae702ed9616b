/** The charts of a run: one for the loss, one for each metric, one for the learning rate where it changes. */
import type { EpochResult } from "@millrace/core/spec";
import type { RunHistory, StepPoint } from "../run/history.js";
import { figure, plural } from "../view/format.js";
import { lossAxis, valueAxis } from "./axis-rule.js";
import { chart, type Point, type Series } from "./chart.js";
import type { Html } from "./html.js";
import { epochCount, metricNames, perEpoch, perStep, type Ruler, rulerOf, titleOf } from "./points.js";
import { epochScale, type Scale } from "./scale.js";

/** More points than this a chart of this width cannot show. */
const mostPoints = 600;

export function curves(history: RunHistory): Html[] {
  const { steps, epochs } = history;
  // Within a single epoch it is steps that are counted.
  const isShort = epochCount(history) <= 1 && steps.length > 0;
  const ruler = rulerOf(history, isShort ? "step" : "epoch");
  const across = epochScale(isShort ? lastStep(steps) : Math.max(1, epochCount(history)));
  const rates = new Set(steps.map(({ learningRate }) => learningRate));
  return [
    ...metricNames(epochs).map((name) => curve(name, history, ruler, across)),
    ...(rates.size > 1 ? [rateCurve(steps, ruler, across)] : []),
  ];
}

/** Values of the steps without the few largest: the first steps' spikes may leave the chart. */
export function withoutSpikes(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const highest = sorted[Math.max(0, Math.ceil(sorted.length * 0.98) - 1)];
  return values.filter((value) => value <= highest);
}

export function finite(points: readonly Point[]): number[] {
  return points.map(({ y }) => y).filter(Number.isFinite);
}

function curve(name: string, { steps, epochs }: RunHistory, ruler: Ruler, across: Scale): Html {
  const isLoss = name === "loss";
  const each: Series = {
    name: "training, as it went",
    style: "step",
    points: isLoss ? perStep(steps, ruler, ({ loss }) => loss, mostPoints) : [],
    marks: false,
  };
  const train: Series = {
    name: "training, per epoch",
    style: "train",
    points: perEpoch(epochs, ruler, ({ train }) => train[name]),
    marks: true,
  };
  const validation: Series = {
    name: "validation",
    style: "validation",
    points: perEpoch(epochs, ruler, ({ validation }) => validation?.[name]),
    marks: true,
  };
  const lines = [withoutSpikes(finite(each.points)), finite(train.points), finite(validation.points)];
  return chart({
    title: titleOf(name),
    description: describe(name, train.points, validation.points),
    series: [each, train, validation],
    across,
    up: isLoss ? lossAxis(lines) : valueAxis(lines),
    unit: ruler.unit,
    note: notNumbers(name, epochs, steps),
  });
}

function rateCurve(steps: readonly StepPoint[], ruler: Ruler, across: Scale): Html {
  const points = perStep(steps, ruler, ({ learningRate }) => learningRate, mostPoints);
  const course = `from ${figure(points[0].y)} to ${figure(points[points.length - 1].y)}`;
  return chart({
    title: "Learning rate",
    description: `Learning rate over ${plural(steps.length, "point")}: ${course}`,
    series: [{ name: "step size of the updates", style: "train", points, marks: false }],
    across,
    up: valueAxis([finite(points)]),
    unit: ruler.unit,
  });
}

/** Where a metric was not a number: a gap in a line says it to few. */
function notNumbers(
  name: string,
  epochs: readonly EpochResult[],
  steps: readonly StepPoint[],
): string | undefined {
  const isNone = (value: number | undefined) => value !== undefined && !Number.isFinite(value);
  const bad = epochs.filter(({ train, validation }) => isNone(train[name]) || isNone(validation?.[name]));
  if (bad.length > 0) {
    const rest = bad.length > 1 ? `, in ${bad.length} of ${epochs.length}` : "";
    return `Not a finite number in epoch ${bad[0].epoch + 1}${rest}: nothing is drawn there.`;
  }
  const step = name === "loss" ? steps.find(({ loss }) => isNone(loss)) : undefined;
  if (step === undefined) return undefined;
  return `Not a finite number at step ${step.step + 1} of epoch ${step.epoch + 1}: nothing is drawn there.`;
}

function lastStep(steps: readonly StepPoint[]): number {
  const last = steps[steps.length - 1];
  return last.steps ?? last.step + 1;
}

function describe(name: string, train: readonly Point[], validation: readonly Point[]): string {
  const course = (points: readonly Point[], what: string) =>
    points.length > 0
      ? [`${what} from ${figure(points[0].y)} to ${figure(points[points.length - 1].y)}`]
      : [];
  const courses = [...course(train, "training"), ...course(validation, "validation")];
  return `${titleOf(name)} over ${plural(train.length, "epoch")}: ${courses.join(", ") || "nothing yet"}`;
}
