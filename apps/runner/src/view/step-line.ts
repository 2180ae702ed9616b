/** The line that moves: where the run stands, as much of it as fits. */
import type { TrainEvent } from "@millrace/core/spec";
import { count, figure, percent } from "./format.js";
import type { Colors } from "./terminal.js";

export type StepEvent = Extract<TrainEvent, { readonly type: "step" }>;

const widestBar = 28;
const narrowestBar = 8;

/** "epoch 2/5", or "epoch 2" where the number of epochs is not known. */
export function epochText(epoch: number, epochs: number | undefined): string {
  return epochs === undefined ? `epoch ${epoch + 1}` : `epoch ${epoch + 1}/${epochs}`;
}

/** The parts after the epoch, the most important first. */
export function stepParts(event: StepEvent): string[] {
  const of = event.steps === undefined ? "" : `/${count(event.steps)}`;
  return [
    `step ${count(event.step + 1)}${of}`,
    `loss ${figure(event.loss)}`,
    `${count(event.samplesPerSecond)} samples/s`,
    `data wait ${percent(event.dataWait)}`,
  ];
}

/** One line of at most `columns` characters: what does not fit is left out, the least important first. */
export function stepLine(
  event: StepEvent,
  epochs: number | undefined,
  columns: number,
  colors: Colors,
): string {
  const epoch = epochText(event.epoch, epochs);
  const parts = stepParts(event);
  const room = () => columns - [epoch, "", ...parts].join("  ").length;
  while (parts.length > 1 && room() < narrowestBar) parts.pop();
  const width = event.steps === undefined ? 0 : Math.min(widestBar, room());
  // Where nobody knows how many steps there are, there is no share of them to draw.
  if (width < narrowestBar) return [epoch, ...parts].join("  ").slice(0, Math.max(0, columns));
  const share = Math.min(1, (event.step + 1) / (event.steps ?? Infinity));
  const done = Math.round(width * share);
  const bar = colors.cyan("━".repeat(done)) + colors.dim("─".repeat(width - done));
  const [step, loss, ...rest] = parts;
  return [epoch, bar, step, loss, ...rest.map((part) => colors.dim(part))]
    .filter((part) => part !== undefined)
    .join("  ");
}
