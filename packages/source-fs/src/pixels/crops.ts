/** Which window of an image a crop takes, once the image's size is known: torchvision's rules, of numbers drawn before. */
import { MillraceError } from "@millrace/core";
import type { Interpolate } from "./interpolate.js";
import { roundEven } from "./pixels.js";
import { centered, mostPadding, type Padding, type PaddingMode, type Window } from "./window.js";

/** A crop of the image's own pixels; where it lies is drawn, or the middle. Plain data. */
export interface Crop {
  readonly width: number;
  readonly height: number;
  /** Numbers from 0 to 1, for top and left; the middle, if left out. */
  readonly at?: readonly [down: number, across: number];
  /** Pixels that are added around the image before. */
  readonly padding: Padding;
  /** Add as many as the window lacks, on either side. */
  readonly padIfNeeded: boolean;
  readonly paddingMode: PaddingMode;
  readonly fill: readonly number[];
}

/** A crop of a drawn size that is resized. Plain data. */
export interface ResizedCrop extends Interpolate {
  /** Range of the crop's share of the image's area. */
  readonly scale: readonly [number, number];
  /** Range of its width by its height. */
  readonly ratio: readonly [number, number];
  /** Numbers from 0 to 1: for top, for left, then for area and ratio of each of the tries. */
  readonly draws: readonly number[];
}

/** How often a size that fits is drawn for. */
export const cropTries = 10;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Errors: TRANSFORM_INPUT for a window that is larger than the image, and for a mirror that does not reach so far. */
export function cropWindow(crop: Crop, size: Size): Window {
  if (crop.at === undefined) return centered(crop.width, crop.height, size.width, size.height);
  const [left, top, right, bottom] = crop.padding;
  const [padTop, heightThere] = padIfNeeded(top, size.height + top + bottom, crop.height, crop.padIfNeeded);
  const [padLeft, widthThere] = padIfNeeded(left, size.width + left + right, crop.width, crop.padIfNeeded);
  if (heightThere < crop.height || widthThere < crop.width) {
    throw new MillraceError(
      "TRANSFORM_INPUT",
      `random-crop needs an image of at least ${crop.width} × ${crop.height} pixels, was ${widthThere} × ${heightThere} with its padding`,
      { hint: "Resize the image before, set `padIfNeeded`, or take a smaller `size`." },
    );
  }
  checkPadding(
    "random-crop",
    crop.paddingMode,
    [padLeft, padTop, right + padLeft - left, bottom + padTop - top],
    size,
  );
  return {
    top: Math.floor(crop.at[0] * (heightThere - crop.height + 1)) - padTop,
    left: Math.floor(crop.at[1] * (widthThere - crop.width + 1)) - padLeft,
    width: crop.width,
    height: crop.height,
  };
}

function padIfNeeded(before: number, extent: number, wanted: number, may: boolean): [number, number] {
  const missing = may ? Math.max(0, wanted - extent) : 0;
  return [before + missing, extent + 2 * missing];
}

/** Errors: TRANSFORM_INPUT where an image is too small to be mirrored so far. */
export function checkPadding(
  transform: string,
  mode: PaddingMode,
  padding: Padding,
  { width, height }: Size,
): void {
  const [left, top, right, bottom] = padding;
  const [mostX, mostY] = [mostPadding(width, mode), mostPadding(height, mode)];
  if (Math.max(left, right) <= mostX && Math.max(top, bottom) <= mostY) return;
  throw new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs an image that is larger than its ${mode} padding, was ${width} × ${height} for ${padding.join(", ")} pixels (left, top, right, bottom)`,
    { hint: 'Resize the image before, or set `paddingMode` to "edge" or "constant".' },
  );
}

/**
 * torchvision's `RandomResizedCrop.get_params`: area and ratio (by its logarithm) are drawn until they fit, and after ten tries
 * it is the largest window in the middle whose ratio is in range.
 */
export function resizedCropWindow({ scale, ratio, draws }: ResizedCrop, { width, height }: Size): Window {
  const between = ([low, high]: readonly [number, number], at: number): number => low + (high - low) * at;
  const logarithms = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
  for (let i = 2; i < draws.length; i += 2) {
    const area = width * height * between(scale, draws[i]);
    const aspect = Math.exp(between(logarithms, draws[i + 1]));
    const [across, down] = [roundEven(Math.sqrt(area * aspect)), roundEven(Math.sqrt(area / aspect))];
    if (across <= 0 || across > width || down <= 0 || down > height) continue;
    const top = Math.floor(draws[0] * (height - down + 1));
    const left = Math.floor(draws[1] * (width - across + 1));
    return { left, top, width: across, height: down };
  }
  const own = width / height;
  const across = own > ratio[1] ? Math.max(1, roundEven(height * ratio[1])) : width;
  const down = own < ratio[0] ? Math.max(1, roundEven(width / ratio[0])) : height;
  return { left: (width - across) >> 1, top: (height - down) >> 1, width: across, height: down };
}

/** The four corners and the middle, in torchvision's order. Errors: TRANSFORM_INPUT for an image that is smaller. */
export function fiveWindows(wanted: Size, { width: across, height: down }: Size): readonly Window[] {
  const { width, height } = wanted;
  if (width > across || height > down) {
    throw new MillraceError(
      "TRANSFORM_INPUT",
      `five-crop needs an image of at least ${width} × ${height} pixels, was ${across} × ${down}`,
      { hint: "Resize the image before, or take a smaller `size`." },
    );
  }
  const [right, bottom] = [across - width, down - height];
  const corners = [
    [0, 0],
    [right, 0],
    [0, bottom],
    [right, bottom],
  ];
  return [
    ...corners.map(([left, top]) => ({ left, top, width, height })),
    centered(width, height, across, down),
  ];
}
