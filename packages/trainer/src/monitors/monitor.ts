/** Watches one number from epoch to epoch: whether it is the best so far, and how long it has not been. */
import { didYouMean, MillraceError } from "@millrace/core";
import type { Metrics } from "@millrace/core/spec";
import { z } from "zod";
import { type MetricName, metrics as known } from "../metrics/metrics.js";

export const monitorFields = {
  monitor: z
    .string()
    .min(1)
    .default("loss")
    .describe("loss or one of `metrics`, of the validation split or else of training; loss if not given"),
  mode: z
    .enum(["min", "max"])
    .optional()
    .describe("whether less or more is better; known from the metric if not given"),
};

export const minDelta = z
  .number()
  .min(0)
  .default(0)
  .describe("a change must be larger than this to count; 0 if not given");

export interface MonitorOptions {
  readonly monitor: string;
  readonly mode?: "min" | "max" | undefined;
  readonly minDelta?: number | undefined;
}

interface MonitorState {
  /** Absent in checkpoints of earlier versions. */
  readonly monitor?: string;
  readonly sign?: number;
  readonly best: number | null;
  readonly waited: number;
}

export class Monitor {
  readonly #name: string;
  readonly #sign: number;
  readonly #minDelta: number;
  #best: number | null = null;
  #waited = 0;

  constructor({ monitor, mode, minDelta = 0 }: MonitorOptions) {
    this.#name = monitor;
    this.#minDelta = minDelta;
    const usual = Object.hasOwn(known, monitor) ? known[monitor as MetricName].better : "min";
    this.#sign = (mode ?? usual) === "min" ? 1 : -1;
  }

  /** Epochs since the best one. */
  get waited(): number {
    return this.#waited;
  }

  get hasBest(): boolean {
    return this.#best !== null;
  }

  set waited(epochs: number) {
    this.#waited = epochs;
  }

  /** Whether this is the best so far; a number that is not one never is. */
  observe(metrics: Metrics): boolean {
    const value = metrics[this.#name];
    const improved =
      Number.isFinite(value) && (this.#best === null || this.#sign * (this.#best - value) > this.#minDelta);
    if (improved) this.#best = value;
    this.#waited = improved ? 0 : this.#waited + 1;
    return improved;
  }

  state(): MonitorState {
    return { monitor: this.#name, sign: this.#sign, best: this.#best, waited: this.#waited };
  }

  /** Goes on from there if the state is of the same number, else anew; whether it was the same. */
  restore(state: unknown): boolean {
    const { monitor = this.#name, sign = this.#sign, best, waited } = state as MonitorState;
    if (monitor !== this.#name || sign !== this.#sign) return false;
    this.#best = best;
    this.#waited = waited;
    return true;
  }
}

/** OPTION_INVALID where `monitor` is not measured. */
export function checkMonitor(
  { monitor }: MonitorOptions,
  metrics: readonly MetricName[],
  option: string,
): MillraceError | undefined {
  const names = ["loss", ...metrics.filter((name) => known[name].value !== undefined)];
  if (names.includes(monitor)) return undefined;
  return new MillraceError(
    "OPTION_INVALID",
    `${option}.monitor must be ${names.join(" or ")}, was "${monitor}"${didYouMean(monitor, names)}`,
    { hint: "Name what is measured, or add it to the trainer's `metrics`." },
  );
}
