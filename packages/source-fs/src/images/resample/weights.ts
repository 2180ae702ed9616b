/** Which pixels make one pixel of a resized image, and by how much: Pillow's rule. */
import { weightBits } from "./row-loops.js";

/** The interpolations that resampling here knows. */
export type Kernel = "linear" | "cubic" | "mitchell" | "lanczos2" | "lanczos3";

/** For each position of one axis: where its pixels begin, how many they are, and their weights. */
export interface Weights {
  /** Weights per position, an even number; those beyond a position's own pixels are 0. */
  readonly taps: number;
  /** The first pixel of each position. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `taps` for each position, 2^14 in sum. */
  readonly weights: Int16Array;
}

const reach: Readonly<Record<Kernel, number>> = {
  linear: 1,
  cubic: 2,
  mitchell: 2,
  lanczos2: 2,
  lanczos3: 3,
};

/**
 * Weights to take an axis from `from` to `to` pixels. When shrinking, the kernel is stretched over all the pixels that
 * become one, as antialiasing needs (Pillow's precompute_coeffs, torchvision's antialias). Only the first `extent`
 * pixels show the picture, 500 / 8 = 62.5 of 63 if a decoder has reduced 500; the rest is padding. It may begin at an `offset` into the
 * first.
 */
export function weightsOf(from: number, extent: number, to: number, kernel: Kernel, offset = 0): Weights {
  const scale = extent / to;
  const stretch = Math.max(scale, 1);
  const support = reach[kernel] * stretch;
  const centerOf = (position: number): number => offset + (position + 0.5) * scale;
  const starts = Int32Array.from({ length: to }, (_, i) =>
    Math.max(0, Math.trunc(centerOf(i) - support + 0.5)),
  );
  const counts = starts.map((start, i) => Math.min(from, Math.trunc(centerOf(i) + support + 0.5)) - start);
  const most = counts.reduce((a, b) => Math.max(a, b));
  const taps = most + (most & 1);
  const weights = new Int16Array(to * taps);
  const exact = new Float64Array(taps);
  for (let position = 0; position < to; position++) {
    const first = starts[position] + 0.5 - centerOf(position);
    let sum = 0;
    for (let i = 0; i < counts[position]; i++) sum += exact[i] = valueAt((i + first) / stretch, kernel);
    quantize(exact.subarray(0, counts[position]), sum, weights.subarray(position * taps));
  }
  return { taps, starts, counts, weights };
}

/** Rounds so that the sum stays 1: an even area must keep its value. */
function quantize(exact: Float64Array, sum: number, weights: Int16Array): void {
  const one = 1 << weightBits;
  let left = one;
  let largest = 0;
  for (let i = 0; i < exact.length; i++) {
    weights[i] = Math.round((exact[i] / sum) * one);
    left -= weights[i];
    if (weights[i] > weights[largest]) largest = i;
  }
  weights[largest] += left;
}

/** The kernel, `x` pixels from its center. */
function valueAt(x: number, kernel: Kernel): number {
  const distance = Math.abs(x);
  if (distance >= reach[kernel]) return 0;
  switch (kernel) {
    case "linear":
      return 1 - distance;
    case "cubic":
      return keys(distance, 0, 0.5);
    case "mitchell":
      return keys(distance, 1 / 3, 1 / 3);
    case "lanczos2":
    case "lanczos3":
      return sinc(x) * sinc(x / reach[kernel]);
    default:
      return kernel satisfies never;
  }
}

/** Mitchell and Netravali, "Reconstruction filters in computer graphics" (1988), equation 8. */
function keys(x: number, b: number, c: number): number {
  return x < 1
    ? ((12 - 9 * b - 6 * c) * x ** 3 + (-18 + 12 * b + 6 * c) * x ** 2 + (6 - 2 * b)) / 6
    : ((-b - 6 * c) * x ** 3 + (6 * b + 30 * c) * x ** 2 + (-12 * b - 48 * c) * x + (8 * b + 24 * c)) / 6;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
