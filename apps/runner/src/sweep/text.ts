/** A sweep as a person reads it in a terminal. */
import { count, duration, figure, metricsText, plural } from "../view/format.js";
import type { Colors } from "../view/terminal.js";
import { cut, padded, widthOf } from "../view/width.js";
import type { Standing } from "./curve-file.js";
import { bestOf, metricNames, type Ranked, ranked, shortNames, valueText } from "./ranking.js";
import { variedPaths } from "./space.js";
import type { Sweep, Trial } from "./sweep-file.js";

/** "learningRate 0.01, units 64" */
export function valuesText(sweep: Sweep, { values }: Trial): string {
  const paths = variedPaths(sweep.trials);
  const names = shortNames(paths);
  return paths.map((path, i) => `${names[i]} ${valueText(values[path])}`).join(", ");
}

/** A trial that has ended, in a line. */
export function endedText(sweep: Sweep, trial: Trial, colors: Colors): string {
  const { id, state, metrics, seconds, reason } = trial;
  const what = colors.dim(valuesText(sweep, trial));
  const came = metrics === undefined ? "" : metricsText(metrics);
  const told = {
    finished: came,
    hopeless: `${colors.yellow("given up")} ${reason}`,
    stopped: "stopped",
    killed: `${colors.red("killed")}: ${reason}`,
    failed: `${colors.red("failed")}: ${reason}`,
    running: "running",
    waiting: "waiting",
  }[state];
  const time = seconds === undefined ? [] : [colors.dim(duration(seconds))];
  return [`${colors.bold(id)}  ${what}`, told, ...time].join(colors.dim(" · "));
}

/** "3 of 12 done · 004 epoch 3 loss 0.4321 · best loss 0.2100 (002)" */
export function standingText(sweep: Sweep, running: ReadonlyMap<Trial, Standing>): string {
  const { trials, by } = sweep;
  const done = trials.filter(
    ({ state }) => state === "finished" || state === "hopeless" || state === "failed",
  ).length;
  const each = [...running].map(([{ id }, { step, values }]) => {
    const last = values.at(-1);
    const value = last === undefined ? step && `loss ${figure(step.loss)}` : `${by} ${figure(last)}`;
    return step === undefined ? `${id} starting` : `${id} epoch ${step.epoch + 1} ${value}`;
  });
  const best = bestOf(sweep);
  const told = best?.value === undefined ? [] : [`best ${by} ${figure(best.value)} (${best.trial.id})`];
  return [`${count(done)} of ${plural(trials.length, "trial")} done`, ...told, ...each].join(" · ");
}

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  readonly isNumber: boolean;
  /** The lowest is left out first where the window is narrow. */
  readonly rank: number;
}

/** The trials from the best on; columns that do not fit are left out, the least important first. */
export function tableLines(sweep: Sweep, columns: number, colors: Colors): string[] {
  const rows = ranked(sweep);
  let shown = columnsOf(sweep, rows);
  const widthOfAll = (all: readonly Column[]) => all.reduce((sum, each) => sum + widthIn(each) + 2, 0);
  while (shown.length > 3 && widthOfAll(shown) > columns) {
    const least = Math.min(...shown.map(({ rank }) => rank));
    shown = shown.filter(({ rank }) => rank !== least);
  }
  const line = (cells: readonly string[]) =>
    cut(
      `  ${cells.map((cell, i) => padded(cell, widthIn(shown[i]), shown[i].isNumber ? "right" : "left")).join("  ")}`.trimEnd(),
      columns,
    );
  return [
    colors.dim(line(shown.map(({ head }) => head))),
    ...rows.map(({ rank, trial }, i) => {
      const text = line(shown.map(({ cells }) => cells[i]));
      if (rank === 1) return colors.bold(text);
      return trial.state === "finished" ? text : colors.dim(text);
    }),
  ];
}

function widthIn({ head, cells }: Column): number {
  return Math.max(widthOf(head), ...cells.map(widthOf));
}

function columnsOf(sweep: Sweep, rows: readonly Ranked[]): Column[] {
  const paths = variedPaths(sweep.trials);
  const names = shortNames(paths);
  const metrics = metricNames(sweep);
  const column = (
    head: string,
    rank: number,
    of: (row: Ranked) => string | undefined,
    isNumber = true,
  ): Column => ({
    head,
    rank,
    isNumber,
    cells: rows.map((row) => of(row) ?? "–"),
  });
  const told = (row: Ranked) => {
    const { state, reason } = row.trial;
    return state === "finished" ? "" : reason === undefined ? state : `${state}: ${reason}`;
  };
  return [
    column("", 100, ({ rank }) => (rank === undefined ? "–" : String(rank))),
    column("trial", 99, ({ trial }) => trial.id),
    ...paths.map((path, i) =>
      column(names[i], 90 - i, ({ trial }) => cut(valueText(trial.values[path]), 24)),
    ),
    ...metrics.map((name, i) =>
      column(name, i === 0 ? 98 : 40 - i, ({ trial }) => {
        const value = trial.metrics?.[name];
        return value === undefined ? undefined : figure(value);
      }),
    ),
    column("epochs", 20, ({ trial }) => (trial.epochs === undefined ? undefined : count(trial.epochs))),
    column("time", 30, ({ trial }) => (trial.seconds === undefined ? undefined : duration(trial.seconds))),
    ...(rows.some((row) => told(row) !== "") ? [column("", 50, (row) => cut(told(row), 60), false)] : []),
  ];
}
