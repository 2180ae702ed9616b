/** Draws by weight, with the numbers that torch draws (torch.multinomial on one row of doubles). */
import type { Generator } from "../generator.js";
import { argsort } from "./argsort.js";
import { checkNonNegativeNumbers, checkPositiveInteger, invalid } from "./validation.js";

/**
 * `numSamples` indices of `weights`, each drawn with a probability in proportion to its weight; the weights need not add
 * up to 1. Without replacement no index comes twice, and at least `numSamples` weights must be positive (torch would go
 * on with indices of weight 0). Costs 8 bytes per weight, without replacement 28. OPTION_INVALID for weights that are
 * negative, not finite or all 0, and for more samples than there are.
 *
 * With replacement: one uniform double u per sample, and the first index whose normalised cumulative weight reaches u.
 * Without: the largest weight / −log1p(−u), with one u per weight in order (Gumbel-max; Efraimidis and Spirakis 2006).
 * Compared with torch 2.13 (the official CPU build for x86-64, which leaves MKL's random numbers aside): the same indices
 * and the same generator afterwards, both ways, for 2 to a million weights. As in torch, a single sample is drawn in the
 * second way in either case. torch's limit of 2^24 weights does not apply.
 */
export function multinomial(
  weights: ArrayLike<number>,
  numSamples: number,
  replacement: boolean,
  generator: Generator,
): Int32Array<ArrayBuffer> {
  const checked = checkNonNegativeNumbers("weights", weights);
  checkDraw(checked, numSamples, replacement);
  return drawMultinomial(checked, numSamples, replacement, generator);
}

/** Whether `numSamples` can be drawn from weights that are each known to be sound. */
export function checkDraw(weights: Float64Array, numSamples: number, replacement: boolean): void {
  checkPositiveInteger("numSamples", numSamples);
  let sum = 0;
  let positive = 0;
  for (const weight of weights) {
    sum += weight;
    if (weight > 0) positive++;
  }
  if (!(sum > 0 && sum < Infinity)) invalid(`weights must have a positive, finite sum, was ${sum}`);
  if (replacement || numSamples <= positive) return;
  invalid(
    `numSamples without replacement must be at most the number of positive weights (${positive}), was ${numSamples}`,
    "Draw fewer, or with replacement.",
  );
}

/** `multinomial` for weights that `checkDraw` has passed. */
export function drawMultinomial(
  weights: Float64Array,
  numSamples: number,
  replacement: boolean,
  generator: Generator,
): Int32Array<ArrayBuffer> {
  if (replacement && numSamples > 1) return drawWithReplacement(weights, numSamples, generator);
  const keys = new Float64Array(weights.length);
  for (let i = 0; i < keys.length; i++) {
    // Both negated, to have the largest first; an index of weight 0 comes after every other.
    const key = weights[i] / Math.log1p(-generator.uniform());
    keys[i] = weights[i] > 0 ? key : 1;
  }
  return argsort(keys).slice(0, numSamples);
}

function drawWithReplacement(
  weights: Float64Array,
  numSamples: number,
  generator: Generator,
): Int32Array<ArrayBuffer> {
  const cumulative = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) cumulative[i] = sum += weights[i];
  for (let i = 0; i < cumulative.length; i++) cumulative[i] /= sum;
  // torch's guard against rounding: the last step always reaches 1.
  cumulative[cumulative.length - 1] = 1;
  const indices = new Int32Array(numSamples);
  for (let i = 0; i < numSamples; i++) indices[i] = firstReaching(cumulative, generator.uniform());
  return indices;
}

/** The first place in `cumulative` that reaches `value`; the last one is 1, and no uniform number is more. */
function firstReaching(cumulative: Float64Array, value: number): number {
  let low = 0;
  let high = cumulative.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
