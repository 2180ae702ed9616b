/** Schedules that are a function of how far training has come. */
import type { TrainingProgress, Schedule } from "./schedule.js";

export interface StepOptions {
  readonly every: number;
  readonly factor: number;
}

/** Times `factor` after every so many epochs (torch's StepLR). */
export function step({ every, factor }: StepOptions): Schedule {
  return { factor: ({ epoch }) => factor ** Math.floor(epoch / every) };
}

/** Times `factor` after every epoch (torch's ExponentialLR). */
export function exponential({ factor }: Pick<StepOptions, "factor">): Schedule {
  return step({ every: 1, factor });
}

/** Down to `minimum` along half a cosine (Loshchilov and Hutter 2017, without restarts). */
export function cosine({ minimum }: { readonly minimum: number }): Schedule {
  return {
    factor: (progress) => minimum + ((1 - minimum) * (1 + Math.cos(Math.PI * shareOf(progress)))) / 2,
  };
}

/** Down to `minimum` along a line. */
export function linear({ minimum }: { readonly minimum: number }): Schedule {
  return { factor: (progress) => 1 - (1 - minimum) * shareOf(progress) };
}

export interface OneCycleOptions {
  readonly peakAt: number;
  readonly startDivisor: number;
  readonly endDivisor: number;
}

/** Up from a small rate to the optimizer's and down to a very small one (Smith and Topin 2019; torch's OneCycleLR). */
export function oneCycle({ peakAt, startDivisor, endDivisor }: OneCycleOptions): Schedule {
  const start = 1 / startDivisor;
  const end = start / endDivisor;
  return {
    factor({ update, total }) {
      // As in torch, the last update has the smallest rate.
      const peak = peakAt * total - 1;
      if (update <= peak) return between(start, 1, peak > 0 ? update / peak : 1);
      return between(1, end, Math.min((update - peak) / (total - 1 - peak), 1));
    },
  };
}

/** From `a` to `b` along half a cosine. */
function between(a: number, b: number, share: number): number {
  return b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2;
}

function shareOf({ update, total }: TrainingProgress): number {
  return total > 0 ? Math.min(update / total, 1) : 0;
}
