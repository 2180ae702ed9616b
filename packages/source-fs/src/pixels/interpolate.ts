/** Resizing with torch's `interpolate`, of any number of channels: rows first, then columns. */
import { blank, type Pixels } from "./pixels.js";

/** torchvision's interpolation modes. */
export const interpolations = ["nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"] as const;
export type Interpolation = (typeof interpolations)[number];

/** What an image is resized to, and how. */
export interface Interpolate {
  readonly width: number;
  readonly height: number;
  readonly interpolation: Interpolation;
  /** Let all pixels that become one have their share when shrinking; nearest ones take one pixel in any case. */
  readonly antialias: boolean;
}

/** Which pixels of an axis make each position of the new one, and by how much. */
interface Axis {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** Weights per position; those beyond its own count are 0. */
  readonly taps: number;
  readonly weights: Float64Array;
}

/** The image in another size. uint8 is rounded after each of the two passes, as torch and Pillow do. */
export function interpolated(
  pixels: Pixels,
  { width, height, interpolation, antialias }: Interpolate,
): Pixels {
  const [down, across] = pixels.shape;
  if (down === height && across === width) return pixels;
  if (interpolation === "nearest" || interpolation === "nearest-exact") {
    return nearest(pixels, width, height, interpolation === "nearest" ? 0 : 0.5);
  }
  const axis = (from: number, to: number): Axis =>
    antialias ? smooth(from, to, interpolation) : between(from, to, interpolation);
  const rows = width === across ? pixels : alongRows(pixels, axis(across, width));
  return height === down ? rows : alongColumns(rows, axis(down, height));
}

function nearest(pixels: Pixels, width: number, height: number, offset: number): Pixels {
  const [down, across, channels] = pixels.shape;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  const places = (extent: number, count: number): Int32Array =>
    // In float32, as torch has it: a place that is whole by a hair decides which pixel it is.
    Int32Array.from({ length: count }, (_, i) =>
      Math.min(Math.floor(Math.fround((i + offset) * Math.fround(extent / count))), extent - 1),
    );
  const columns = places(across, width);
  const rows = places(down, height);
  for (let y = 0, target = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (rows[y] * across + columns[x]) * channels;
      for (let c = 0; c < channels; c++) to[target++] = from[source + c];
    }
  }
  return made;
}

function alongRows(pixels: Pixels, { starts, counts, taps, weights }: Axis): Pixels {
  const [height, across, channels] = pixels.shape;
  const width = starts.length;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  const whole = pixels.dtype === "uint8";
  for (let y = 0, target = 0; y < height; y++) {
    const row = y * across;
    for (let x = 0; x < width; x++) {
      const first = (row + starts[x]) * channels;
      for (let c = 0; c < channels; c++, target++) {
        let sum = 0;
        for (let k = 0; k < counts[x]; k++) sum += weights[x * taps + k] * from[first + k * channels + c];
        to[target] = whole ? byteOf(sum) : sum;
      }
    }
  }
  return made;
}

function alongColumns(pixels: Pixels, { starts, counts, taps, weights }: Axis): Pixels {
  const [, width, channels] = pixels.shape;
  const height = starts.length;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  const whole = pixels.dtype === "uint8";
  const stride = width * channels;
  for (let y = 0, target = 0; y < height; y++) {
    const first = starts[y] * stride;
    for (let i = 0; i < stride; i++, target++) {
      let sum = 0;
      for (let k = 0; k < counts[y]; k++) sum += weights[y * taps + k] * from[first + k * stride + i];
      to[target] = whole ? byteOf(sum) : sum;
    }
  }
  return made;
}

function byteOf(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.floor(value + 0.5);
}

type Smooth = Exclude<Interpolation, "nearest" | "nearest-exact">;
const reach: Readonly<Record<Smooth, number>> = { bilinear: 1, bicubic: 2, lanczos: 3 };

/** Kernels that are stretched over all the pixels that become one: Pillow's precompute_coeffs, torch's antialias. */
function smooth(from: number, to: number, interpolation: Smooth): Axis {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = reach[interpolation] * stretch;
  const axis = blankAxis(to, Math.ceil(support) * 2 + 1);
  for (let position = 0; position < to; position++) {
    const center = (position + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = weightAt((start + k + 0.5 - center) / stretch, interpolation);
      sum += axis.weights[position * axis.taps + k] = weight;
    }
    for (let k = 0; k < count; k++) axis.weights[position * axis.taps + k] /= sum;
    axis.starts[position] = start;
    axis.counts[position] = count;
  }
  return axis;
}

/** The pixels next to a place, however much the image shrinks; those of the border stand for what lies beyond it. */
function between(from: number, to: number, interpolation: Smooth): Axis {
  const scale = from / to;
  const axis = blankAxis(to, interpolation === "bilinear" ? 2 : 4);
  const side = axis.taps / 2;
  for (let position = 0; position < to; position++) {
    const exact = (position + 0.5) * scale - 0.5;
    const place = interpolation === "bilinear" ? Math.max(0, exact) : exact;
    const left = Math.floor(place);
    const start = Math.min(Math.max(left - side + 1, 0), from - 1);
    const end = Math.min(left + side, from - 1);
    for (let k = left - side + 1; k <= left + side; k++) {
      const at = Math.min(Math.max(k, start), end);
      const distance = Math.abs(place - k);
      const weight = interpolation === "bilinear" ? 1 - distance : keys(distance, 0.75);
      axis.weights[position * axis.taps + at - start] += weight;
    }
    axis.starts[position] = start;
    axis.counts[position] = end - start + 1;
  }
  return axis;
}

function blankAxis(to: number, taps: number): Axis {
  const [starts, counts] = [new Int32Array(to), new Int32Array(to)];
  return { starts, counts, taps, weights: new Float64Array(to * taps) };
}

function weightAt(x: number, interpolation: Smooth): number {
  const distance = Math.abs(x);
  if (distance >= reach[interpolation]) return 0;
  if (interpolation === "bilinear") return 1 - distance;
  return interpolation === "bicubic" ? keys(distance, 0.5) : sinc(x) * sinc(x / 3);
}

/** Keys, "Cubic convolution interpolation for digital image processing" (1981): −`sharpness` is its a. */
function keys(x: number, sharpness: number): number {
  if (x < 1) return ((2 - sharpness) * x - (3 - sharpness)) * x * x + 1;
  return x < 2 ? -sharpness * (((x - 5) * x + 8) * x - 4) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
