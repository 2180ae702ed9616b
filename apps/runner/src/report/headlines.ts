/** The numbers at the top of the report. */
import type { EpochResult, Resumed } from "@millrace/core/spec";
import { count, duration, figure, percent } from "../view/format.js";
import { paceOf } from "../view/narrate.js";
import { bestOf } from "./best.js";
import { titleOf } from "./points.js";
import type { Report } from "./report.js";

export interface Headline {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}

export function headlines({ history, seconds }: Pick<Report, "history" | "seconds">): Headline[] {
  const { device, model, epochs } = history;
  const pace = paceOf(epochs);
  return [
    ...results(epochs),
    { name: "Epochs", value: count(epochs.length), note: timeText(seconds, model?.resumed) },
    {
      name: "Samples per second",
      value: count(pace.samplesPerSecond),
      note: `${percent(pace.dataWait)} waiting for data`,
    },
    ...(device === undefined
      ? []
      : [{ name: "Device", value: device.device, note: parametersText(model?.parameters) }]),
  ];
}

function timeText(seconds: number, resumed: Resumed | undefined): string {
  if (resumed === undefined) return `in ${duration(seconds)}`;
  return `${duration(seconds)} since it went on in epoch ${resumed.epoch + 1}`;
}

/** The last and the best value of the loss and of each metric, of validation where there is one. */
function results(epochs: readonly EpochResult[]): Headline[] {
  const last = epochs.at(-1);
  if (last === undefined) return [];
  const split = last.validation === undefined ? "train" : "validation";
  const prefix = split === "validation" ? "Validation" : "Training";
  const names = Object.keys(last.validation ?? last.train).sort(
    (a, b) => Number(a === "loss") - Number(b === "loss"),
  );
  return names.map((name) => {
    const { last: value = Number.NaN, best } = bestOf(epochs, split, name) ?? {};
    const note = best && `best ${figure(best.value)} in epoch ${best.epoch + 1}`;
    return { name: `${prefix} ${titleOf(name).toLowerCase()}`, value: figure(value), ...(note && { note }) };
  });
}

function parametersText(parameters: number | undefined): string | undefined {
  return parameters === undefined ? undefined : `${count(parameters)} parameters`;
}
