/** The curves of several runs over each other: one chart for each measure, on axes of epochs, steps and seconds. */
import { lossAxis, valueAxis } from "../report/axis-rule.js";
import { chart, type Series } from "../report/chart.js";
import { finite, withoutSpikes } from "../report/curves.js";
import type { Html } from "../report/html.js";
import { perEpoch, perStep, rulerOf, titleOf, type Unit } from "../report/points.js";
import { epochScale, niceScale, type Scale } from "../report/scale.js";
import { figure, plural } from "../view/format.js";
import type { ComparedRun, Comparison, Measure } from "./compared.js";

/** Points of a line of steps: many lines over each other are seen better when they are calm. */
const mostPoints = 150;

export function charts(comparison: Comparison, unit: Unit): Html[] {
  const { measures } = comparison;
  const runs = comparison.runs.filter(({ place }) => place !== undefined);
  const losses = measures.filter(({ metric }) => metric === "loss");
  const others = measures.filter(({ metric }) => metric !== "loss");
  return [
    ...losses.map((measure) => measured(runs, measure, unit)),
    stepLosses(runs, unit),
    ...others.map((measure) => measured(runs, measure, unit)),
    rates(runs, unit),
  ].filter((each) => each !== undefined);
}

function measured(runs: readonly ComparedRun[], { split, metric }: Measure, unit: Unit): Html {
  const series = runs.map(({ run, place }) =>
    lineOf(
      run.name,
      place,
      perEpoch(run.history.epochs, rulerOf(run.history, unit), (epoch) => epoch[split]?.[metric]),
      true,
    ),
  );
  const name = `${split === "train" ? "Training" : "Validation"} ${titleOf(metric).toLowerCase()}`;
  return drawn(name, series, unit, metric === "loss");
}

function stepLosses(runs: readonly ComparedRun[], unit: Unit): Html | undefined {
  const series = runs.map(({ run: { name, history }, place }) =>
    lineOf(
      name,
      place,
      perStep(history.steps, rulerOf(history, unit), ({ loss }) => loss, mostPoints),
      false,
    ),
  );
  return series.every(({ points }) => points.length === 0)
    ? undefined
    : drawn("Training loss, as it went", series, unit, true);
}

/** The learning rates, where any run changes its own or two differ. */
function rates(runs: readonly ComparedRun[], unit: Unit): Html | undefined {
  const all = new Set(runs.flatMap(({ run }) => run.history.steps.map(({ learningRate }) => learningRate)));
  all.delete(undefined);
  if (all.size < 2) return undefined;
  const series = runs.map(({ run: { name, history }, place }) =>
    lineOf(
      name,
      place,
      perStep(history.steps, rulerOf(history, unit), ({ learningRate }) => learningRate, mostPoints),
      false,
    ),
  );
  return drawn("Learning rate", series, unit, false);
}

function lineOf(name: string, place: number | undefined, points: Series["points"], marks: boolean): Series {
  return {
    name,
    style: marks ? `run-${place ?? 0}` : `run-${place ?? 0} fine`,
    points: points.filter(({ x }) => Number.isFinite(x)),
    marks,
  };
}

function drawn(title: string, series: readonly Series[], unit: Unit, isLoss: boolean): Html {
  const lines = series.map(({ points, marks }) => (marks ? finite(points) : withoutSpikes(finite(points))));
  const shown = series.filter((line) => finite(line.points).length > 0);
  const ends = shown
    .slice(0, 8)
    .map(({ name, points }) => `${name} ends at ${figure(points[points.length - 1].y)}`);
  const description = `${title} of ${plural(shown.length, "run")}: ${ends.join(", ") || "nothing yet"}${shown.length > 8 ? ", …" : ""}`;
  const last = Math.max(0, ...series.flatMap(({ points }) => points.map(({ x }) => x)));
  const [across, counted] = acrossOf(last, unit);
  const up = isLoss ? lossAxis(lines) : valueAxis(lines);
  return chart({ title, description, series, across, up, unit: counted, hasLegend: false });
}

/** Seconds are counted in minutes or hours where there are many. */
function acrossOf(last: number, unit: Unit): [Scale, string] {
  if (unit !== "second") return [epochScale(Math.max(1, Math.ceil(last))), unit];
  const [size, name] = last > 7200 ? [3600, "hour"] : last > 120 ? [60, "minute"] : [1, "second"];
  const { label, ...scale } = niceScale(0, Math.max(last, 1e-3) / size);
  const { high, ticks } = scale;
  return [
    {
      ...scale,
      high: high * size,
      ticks: ticks.map((tick) => tick * size),
      label: (tick) => label(tick / size),
      share: (value) => value / (high * size),
      size,
    },
    `${name} of training`,
  ];
}
