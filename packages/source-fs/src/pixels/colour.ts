/** Contrast, saturation and hue with torchvision's arithmetic, of 1 or 3 channels. */
import { blank, boundOf, type Pixels } from "./pixels.js";
import { mapped } from "./tones.js";

/** torchvision's weights of gray; they sum to a little less than 1. */
const shares = [0.2989, 0.587, 0.114] as const;
/** The same in whole numbers, 2^20 for 1: what is cut off behind it is the same, but for a hair. */
const grayBits = 20;
const [redBits, greenBits, blueBits] = shares.map((share) => Math.round(share * 2 ** grayBits));
const [redShare, greenShare, blueShare] = shares.map(Math.fround);

/** torchvision's `adjust_contrast`: 0 is the mean of the image's gray, 1 the image itself. */
export function contrasted(pixels: Pixels, factor: number): Pixels {
  const bound = boundOf(pixels);
  const by = Math.fround(factor);
  const gray = Math.fround(Math.fround(meanGray(pixels)) * Math.fround(1 - factor));
  return mapped(pixels, (value) => Math.min(Math.max(Math.fround(Math.fround(value * by) + gray), 0), bound));
}

function meanGray({ data, shape, dtype }: Pixels): number {
  const count = shape[0] * shape[1];
  if (shape[2] === 1) return sumOf(data) / count;
  return (dtype === "uint8" ? sumOfBytes(data as Uint8Array) : sumOfNumbers(data as Float32Array)) / count;
}

function sumOf(data: Pixels["data"]): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  return sum;
}

function sumOfBytes(data: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 3)
    sum += (data[i] * redBits + data[i + 1] * greenBits + data[i + 2] * blueBits) >> grayBits;
  return sum;
}

function sumOfNumbers(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 3)
    sum += data[i] * redShare + data[i + 1] * greenShare + data[i + 2] * blueShare;
  return sum;
}

/** torchvision's `adjust_saturation`: 0 is gray, 1 the image itself. What has one channel stays as it is. */
export function saturated(pixels: Pixels, factor: number): Pixels {
  if (pixels.shape[2] === 1) return pixels;
  const made = blank(pixels, pixels.shape[0], pixels.shape[1]);
  const whole = pixels.dtype === "uint8";
  if (whole && factor <= 8) saturateBytes(pixels.data as Uint8Array, made.data, factor);
  else saturateNumbers(pixels.data, made.data, factor, whole);
  return made;
}

/** In whole numbers, which have room for factors up to 8. */
function saturateBytes(from: Uint8Array, to: Pixels["data"], factor: number): void {
  const by = Math.round(factor * 65_536);
  const rest = 65_536 - by;
  for (let i = 0; i < to.length; i += 3) {
    const red = from[i];
    const green = from[i + 1];
    const blue = from[i + 2];
    const gray = ((red * redBits + green * greenBits + blue * blueBits) >> grayBits) * rest;
    const r = (red * by + gray) >> 16;
    const g = (green * by + gray) >> 16;
    const b = (blue * by + gray) >> 16;
    to[i] = r < 0 ? 0 : r > 255 ? 255 : r;
    to[i + 1] = g < 0 ? 0 : g > 255 ? 255 : g;
    to[i + 2] = b < 0 ? 0 : b > 255 ? 255 : b;
  }
}

function saturateNumbers(from: Pixels["data"], to: Pixels["data"], factor: number, whole: boolean): void {
  const bound = whole ? 255 : 1;
  for (let i = 0; i < to.length; i += 3) {
    const exact = from[i] * redShare + from[i + 1] * greenShare + from[i + 2] * blueShare;
    const gray = (whole ? Math.floor(exact) : exact) * (1 - factor);
    for (let c = 0; c < 3; c++) to[i + c] = Math.min(Math.max(from[i + c] * factor + gray, 0), bound);
  }
}

/**
 * torchvision's `adjust_hue`: through HSV, the hue moved by `turn` of its circle, −0.5 to 0.5. What has one channel stays as
 * it is.
 */
export function hueTurned(pixels: Pixels, turn: number): Pixels {
  const [height, width, channels] = pixels.shape;
  if (channels === 1) return pixels;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  // torchvision brings 1 to 255.999, and everything below by cutting off.
  const back = pixels.dtype === "uint8" ? (255 + 1 - 1e-3) / 255 : 1;
  for (let i = 0; i < to.length; i += 3) {
    const red = from[i];
    const green = from[i + 1];
    const blue = from[i + 2];
    const value = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    const least = red < green ? (red < blue ? red : blue) : green < blue ? green : blue;
    const range = value - least;
    const v = value * back;
    if (range === 0) {
      to[i] = to[i + 1] = to[i + 2] = v;
      continue;
    }
    const sixths =
      value === red
        ? (green - blue) / range
        : value === green
          ? 2 + (blue - red) / range
          : 4 + (red - green) / range;
    const circle = sixths / 6 + turn + 2;
    const sector = (circle - Math.floor(circle)) * 6;
    const segment = Math.floor(sector);
    // Between the least and the greatest of the three, whose difference is the saturation times the value.
    const rising = (sector - segment) * range;
    const p = least * back;
    const t = (least + rising) * back;
    const q = (value - rising) * back;
    switch (segment) {
      case 1:
        to[i] = q;
        to[i + 1] = v;
        to[i + 2] = p;
        break;
      case 2:
        to[i] = p;
        to[i + 1] = v;
        to[i + 2] = t;
        break;
      case 3:
        to[i] = p;
        to[i + 1] = q;
        to[i + 2] = v;
        break;
      case 4:
        to[i] = t;
        to[i + 1] = p;
        to[i + 2] = v;
        break;
      case 5:
        to[i] = v;
        to[i + 1] = p;
        to[i + 2] = q;
        break;
      default:
        to[i] = v;
        to[i + 1] = t;
        to[i + 2] = p;
    }
  }
  return made;
}
