/** What a decoder is to make of a picture: all of it, resized or not, or a window that follows from the picture's size. */
import type { NdArray } from "@millrace/core";
import { type Crop, cropWindow, type ResizedCrop, resizedCropWindow } from "../pixels/crops.js";
import type { Interpolate } from "../pixels/interpolate.js";
import type { Pixels } from "../pixels/pixels.js";
import { isInside, type Window, windowOf } from "../pixels/window.js";
import { sideSize, type Size } from "./fit.js";
import type { ImageOperation } from "./operations.js";
import { resizedCrop } from "./resized-crop.js";
import type { ResizeSettings } from "./sharp-engine.js";
import { fillOf } from "./transform-options.js";

/** What is wanted of a picture of known size. */
export interface Wanted {
  /** The part that is needed; all, if left out. */
  readonly window?: Window;
  readonly resize?: ResizeSettings | undefined;
  /** The size that the window is brought to, by `finish` or, where a decoder can, on the way. */
  readonly to?: Interpolate;
  /** What is left to do to the pixels of the window. */
  readonly finish?: (pixels: NdArray) => NdArray;
}

/** The same before the size is known, where it matters. */
export type Wish = ResizeSettings | ((size: Size) => Wanted) | undefined;

/** `size` may be left out where the wish is the same for all. */
export function wantedOf(wish: Wish, size: Size | undefined): Wanted {
  if (typeof wish !== "function") return { resize: wish };
  if (size === undefined) throw new RangeError("the wish depends on the picture's size");
  return wish(size);
}

/** What a decoder does of a first operation; undefined for one that comes after decoding. */
export function wishOf(operation: ImageOperation | undefined): Wish {
  switch (operation?.type) {
    case "resize":
      return operation.settings;
    case "resize-side":
      return (size) => ({ resize: bySide(operation, size) });
    case "crop":
      return (size) => croppedWanted(operation.crop, size);
    case "resized-crop":
      return (size) => resizedWanted(operation.crop, size);
    default:
      return undefined;
  }
}

/** A resize by one side, for a picture of known size. */
export function bySide(
  { side, kernel }: Extract<ImageOperation, { type: "resize-side" }>,
  size: Size,
): ResizeSettings {
  return { ...sideSize(side, size), fit: "fill", kernel };
}

function croppedWanted(crop: Crop, size: Size): Wanted {
  const window = cropWindow(crop, size);
  return isInside(window, size.width, size.height)
    ? { window }
    : { finish: (pixels) => cropped(pixels, crop) };
}

function resizedWanted(crop: ResizedCrop, size: Size): Wanted {
  const window = resizedCropWindow(crop, size);
  return { window, to: crop, finish: (pixels) => resizedCrop(pixels as Pixels, wholeOf(pixels), crop) };
}

function wholeOf({ shape: [height, width] }: NdArray): Window {
  return { left: 0, top: 0, width, height };
}

/** A crop of pixels that are there. Errors: TRANSFORM_INPUT. */
export function cropped(pixels: NdArray, crop: Crop): NdArray {
  const [height, width] = pixels.shape;
  const fill = fillOf(crop.fill, pixels as Pixels, "random-crop");
  return windowOf(pixels as Pixels, cropWindow(crop, { width, height }), crop.paddingMode, fill);
}
