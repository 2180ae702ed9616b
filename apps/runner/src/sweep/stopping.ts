/** Rules by which a trial is given up before its end: by what others had come to when they were as old. */

/** What is known of a trial: the watched number after each epoch, the first at 0. */
export interface Curve {
  readonly values: readonly number[];
  /** True once it has trained to its end. */
  readonly isWhole: boolean;
}

/** A reason to give up the trial whose curve is `own`, or undefined. `isLow` is whether less is better. */
export type Stopping = (
  own: readonly number[],
  others: readonly Curve[],
  isLow: boolean,
) => string | undefined;

/** Trials that must have come as far before others are measured by them. */
const fewest = 3;

/**
 * The median stopping rule of Golovin et al., "Google Vizier: A Service for Black-Box Optimization" (KDD 2017), 3.2.2: a
 * trial ends after an epoch if the best that it has had is worse than the median of the running averages, up to that epoch,
 * of the trials that have trained to their end.
 */
export const medianStopping: Stopping = (own, others, isLow) => {
  const age = own.length;
  const averages = others
    .filter(({ values, isWhole }) => isWhole && values.length >= age)
    .map(({ values }) => mean(values.slice(0, age)));
  if (age === 0 || averages.length < fewest) return undefined;
  const median = quantile(averages, 0.5);
  const best = isLow ? least(own) : -least(own.map((value) => -value));
  if (isBetter(median, best, isLow))
    return `after ${epochs(age)} at best ${short(best)}, where the median of ${averages.length} trials was ${short(median)}`;
  return undefined;
};

/**
 * Successive halving, asynchronous, as Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys 2020) have it, in
 * its stopping form: at 1, η, η², … epochs a trial goes on only if it is in the best 1/η of those that have come there, itself
 * among them.
 */
export function halving(factor: number): Stopping {
  return (own, others, isLow) => {
    const age = own.length;
    if (!isRung(age, factor)) return undefined;
    const value = own[age - 1];
    const rivals = others.filter(({ values }) => values.length >= age).map(({ values }) => values[age - 1]);
    const all = [...rivals, value];
    // With fewer than η there is no best 1/η of them yet.
    if (all.length < factor) return undefined;
    const better = rivals.filter((rival) => isBetter(rival, value, isLow)).length;
    const kept = Math.max(1, Math.floor(all.length / factor));
    if (better < kept) return undefined;
    return `after ${epochs(age)} at ${short(value)}, not among the best ${kept} of ${all.length}`;
  };
}

function isRung(age: number, factor: number): boolean {
  let rung = 1;
  while (rung < age) rung = Math.max(rung + 1, Math.round(rung * factor));
  return rung === age;
}

/** Numbers that are none are the worst. */
function isBetter(a: number, b: number, isLow: boolean): boolean {
  if (!Number.isFinite(a)) return false;
  return !Number.isFinite(b) || (isLow ? a < b : a > b);
}

function least(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? Number.NaN : Math.min(...finite);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === undefined ? Number.NaN : low + (high - low) * (at % 1);
}

function epochs(count: number): string {
  return count === 1 ? "1 epoch" : `${count} epochs`;
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "no number";
}
