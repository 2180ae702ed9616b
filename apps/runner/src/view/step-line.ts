/** The line that moves: where the run stands, as much of it as fits. */
import type { TrainEvent } from "@millrace/core/spec";
import { type Course, sparkline } from "./course.js";
import { count, duration, figure, percent } from "./format.js";
import type { Colors } from "./terminal.js";
import { cut, widthOf } from "./width.js";

export type StepEvent = Extract<TrainEvent, { readonly type: "step" }>;

/** What the line says of the run as a whole. */
export type Standing = Pick<Course, "epochs" | "remaining" | "losses">;

const widestBar = 28;
const narrowestBar = 8;
const widestSparkline = 16;
const narrowestSparkline = 8;

interface Part {
  readonly text: string;
  /** The lowest is left out first. */
  readonly rank: number;
  readonly isQuiet?: boolean;
}

/** "epoch 2/5", or "epoch 2" where the number of epochs is not known. */
export function epochText(epoch: number, epochs: number | undefined): string {
  return epochs === undefined ? `epoch ${epoch + 1}` : `epoch ${epoch + 1}/${epochs}`;
}

/** The same for a file or a pipe: "epoch 2/5  step 31/63  loss 0.4321  1,235 samples/s  12 s left  data wait 3%". */
export function stepText(event: StepEvent, standing: Standing): string {
  return [
    epochText(event.epoch, standing.epochs),
    ...partsOf(event, standing, 0).map(({ text }) => text),
  ].join("  ");
}

/** One line of at most `columns`: what does not fit is left out, the least important first. */
export function stepLine(event: StepEvent, standing: Standing, columns: number, colors: Colors): string {
  const epoch = epochText(event.epoch, standing.epochs);
  const roomFor = (parts: readonly Part[]) =>
    columns - widthOf([epoch, "", ...parts.map(({ text }) => text)].join("  "));
  let parts = partsOf(event, standing, widestSparkline);
  if (roomFor(parts) < widestBar) parts = partsOf(event, standing, narrowestSparkline);
  while (parts.length > 2 && roomFor(parts) < narrowestBar) parts = withoutLeast(parts);
  // Where nobody knows how many steps there are, there is no share of them to draw.
  const width = event.steps === undefined ? 0 : Math.min(widestBar, roomFor(parts));
  if (width < narrowestBar) {
    const line = () => [epoch, ...parts.map(({ text }) => text)].join("  ");
    while (parts.length > 1 && widthOf(line()) > columns) parts = withoutLeast(parts);
    return cut(line(), columns);
  }
  const done = Math.round(width * Math.min(1, (event.step + 1) / (event.steps ?? Infinity)));
  const bar = colors.cyan("━".repeat(done)) + colors.dim("─".repeat(width - done));
  return [epoch, bar, ...parts.map(({ text, isQuiet }) => (isQuiet ? colors.dim(text) : text))].join("  ");
}

function withoutLeast(parts: readonly Part[]): Part[] {
  const least = Math.min(...parts.map(({ rank }) => rank));
  return parts.filter(({ rank }) => rank !== least);
}

/** In the order in which they stand. */
function partsOf(event: StepEvent, standing: Standing, sparks: number): Part[] {
  const of = event.steps === undefined ? "" : `/${count(event.steps)}`;
  const losses = sparks === 0 ? [] : standing.losses(sparks);
  const remaining = standing.remaining();
  return [
    { text: `step ${count(event.step + 1)}${of}`, rank: 6 },
    { text: `loss ${figure(event.loss)}`, rank: 5 },
    ...(losses.length > 1 ? [{ text: sparkline(losses).padEnd(sparks), rank: 2 }] : []),
    { text: `${count(event.samplesPerSecond)} samples/s`, rank: 3, isQuiet: true },
    ...(remaining === undefined ? [] : [{ text: `${duration(remaining)} left`, rank: 4, isQuiet: true }]),
    { text: `data wait ${percent(event.dataWait)}`, rank: 1, isQuiet: true },
  ];
}
