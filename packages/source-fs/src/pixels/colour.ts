/** Contrast, saturation and hue with torchvision's arithmetic, of 1 or 3 channels. */
import { blank, boundOf, type Pixels } from "./pixels.js";
import { mapped } from "./tones.js";

const [redShare, greenShare, blueShare] = [0.2989, 0.587, 0.114].map(Math.fround);

/** torchvision's `adjust_contrast`: 0 is the mean of the image's gray, 1 the image itself. */
export function contrasted(pixels: Pixels, factor: number): Pixels {
  const bound = boundOf(pixels);
  const by = Math.fround(factor);
  const gray = Math.fround(Math.fround(meanGray(pixels)) * Math.fround(1 - factor));
  return mapped(pixels, (value) => Math.min(Math.max(Math.fround(Math.fround(value * by) + gray), 0), bound));
}

function meanGray({ data, shape, dtype }: Pixels): number {
  const channels = shape[2];
  const whole = dtype === "uint8";
  let sum = 0;
  if (channels === 1) for (let i = 0; i < data.length; i++) sum += data[i];
  else
    for (let i = 0; i < data.length; i += 3) {
      const gray = data[i] * redShare + data[i + 1] * greenShare + data[i + 2] * blueShare;
      sum += whole ? Math.floor(Math.fround(gray)) : gray;
    }
  return sum / (data.length / channels);
}

/** torchvision's `adjust_saturation`: 0 is gray, 1 the image itself. What has one channel stays as it is. */
export function saturated(pixels: Pixels, factor: number): Pixels {
  const [height, width, channels] = pixels.shape;
  if (channels === 1) return pixels;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  const whole = pixels.dtype === "uint8";
  const bound = boundOf(pixels);
  const [by, rest] = [Math.fround(factor), Math.fround(1 - factor)];
  for (let i = 0; i < to.length; i += 3) {
    const exact = from[i] * redShare + from[i + 1] * greenShare + from[i + 2] * blueShare;
    const gray = (whole ? Math.floor(Math.fround(exact)) : exact) * rest;
    const [red, green, blue] = [from[i] * by + gray, from[i + 1] * by + gray, from[i + 2] * by + gray];
    to[i] = red < 0 ? 0 : red > bound ? bound : red;
    to[i + 1] = green < 0 ? 0 : green > bound ? bound : green;
    to[i + 2] = blue < 0 ? 0 : blue > bound ? bound : blue;
  }
  return made;
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
