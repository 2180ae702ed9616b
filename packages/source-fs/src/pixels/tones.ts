/** Changes of each value by itself: tables of 256 entries for uint8, with torchvision's rounding in float32. */
import { blank, boundOf, type Pixels } from "./pixels.js";

/** Every value through a function: of whole numbers from 0 to 255, or of fractions from 0 to 1. Fractions of uint8 are cut off. */
export function mapped(pixels: Pixels, change: (value: number) => number): Pixels {
  const made = blank(pixels, pixels.shape[0], pixels.shape[1]);
  const { data: from } = pixels;
  const { data: to } = made;
  if (pixels.dtype === "float32") {
    for (let i = 0; i < to.length; i++) to[i] = change(from[i]);
    return made;
  }
  const table = Uint8Array.from({ length: 256 }, (_, value) => change(value));
  for (let i = 0; i < to.length; i++) to[i] = table[from[i]];
  return made;
}

/** uint8 through a table for each channel. */
function mappedByChannel(pixels: Pixels, tables: readonly Uint8Array[]): Pixels {
  const made = blank(pixels, pixels.shape[0], pixels.shape[1]);
  const channels = tables.length;
  const { data: from } = pixels;
  const { data: to } = made;
  for (const [c, table] of tables.entries())
    for (let i = c; i < to.length; i += channels) to[i] = table[from[i]];
  return made;
}

/** torchvision's `adjust_brightness`: 0 is black, 1 the image itself. */
export function brightened(pixels: Pixels, factor: number): Pixels {
  const bound = boundOf(pixels);
  const by = Math.fround(factor);
  return mapped(pixels, (value) => Math.min(Math.fround(value * by), bound));
}

/** torchvision's `invert`. */
export function inverted(pixels: Pixels): Pixels {
  const bound = boundOf(pixels);
  return mapped(pixels, (value) => bound - value);
}

/** torchvision's `solarize`: values of at least `threshold`, in the pixels' own range, are inverted. */
export function solarized(pixels: Pixels, threshold: number): Pixels {
  const bound = boundOf(pixels);
  return mapped(pixels, (value) => (value >= threshold ? bound - value : value));
}

/** torchvision's `posterize`: the first `bits` of uint8, 0 to 8; of float32 as many levels. */
export function posterized(pixels: Pixels, bits: number): Pixels {
  if (pixels.dtype === "uint8") {
    const mask = (0xff << (8 - bits)) & 0xff;
    return mapped(pixels, (value) => value & mask);
  }
  const levels = 1 << bits;
  return mapped(pixels, (value) => Math.min(Math.max(Math.floor(value * levels), 0), levels - 1) / levels);
}

/** torchvision's `autocontrast`: each channel's least value becomes 0 and its greatest white. */
export function autoContrasted(pixels: Pixels): Pixels {
  const channels = pixels.shape[2];
  const { data: from, dtype } = pixels;
  const bound = boundOf(pixels);
  const made = blank(pixels, pixels.shape[0], pixels.shape[1]);
  for (let c = 0; c < channels; c++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = c; i < from.length; i += channels) {
      if (from[i] < low) low = from[i];
      if (from[i] > high) high = from[i];
    }
    const scale = low === high ? 1 : Math.fround((high - low) * Math.fround(1 / bound));
    const start = low === high ? 0 : low;
    const change = (value: number) => Math.min(Math.max(Math.fround((value - start) / scale), 0), bound);
    const table = dtype === "uint8" ? Uint8Array.from({ length: 256 }, (_, v) => change(v)) : undefined;
    for (let i = c; i < from.length; i += channels) made.data[i] = table?.[from[i]] ?? change(from[i]);
  }
  return made;
}

/** torchvision's `equalize`, which is Pillow's: each channel of uint8 by its histogram. */
export function equalized(pixels: Pixels): Pixels {
  const channels = pixels.shape[2];
  const { data: from } = pixels;
  const tables = Array.from({ length: channels }, (_, c) => {
    const histogram = new Uint32Array(256);
    for (let i = c; i < from.length; i += channels) histogram[from[i]]++;
    return equalizing(histogram, from.length / channels);
  });
  return mappedByChannel(pixels, tables);
}

function equalizing(histogram: Uint32Array, count: number): Uint8Array {
  const greatest = histogram.findLastIndex((each) => each > 0);
  const step = Math.floor((count - (histogram[greatest] ?? 0)) / 255);
  if (step === 0) return Uint8Array.from(histogram.keys());
  const table = new Uint8Array(256);
  for (let value = 1, before = 0; value < 256; value++) {
    before += histogram[value - 1];
    table[value] = Math.min(Math.floor((before + (step >> 1)) / step), 255);
  }
  return table;
}
