/** A window of an image in another size: by WebAssembly's vectors for colours, else in plain loops. */
import { type Interpolate, interpolated } from "../pixels/interpolate.js";
import type { Pixels } from "../pixels/pixels.js";
import { isInside, type Window, windowOf } from "../pixels/window.js";
import { canResample, resample, sourcePixels } from "./resample/resample.js";

/**
 * True where three bytes a pixel are resampled in WebAssembly. Kernels that overshoot are not: torch and Pillow cut off what lies
 * beyond 0 and 255 between their two passes.
 */
export function isFast({ interpolation, antialias }: Interpolate): boolean {
  return interpolation === "bilinear" && antialias && canResample();
}

/** torchvision's `resized_crop`, of a window inside the image. */
export function resizedCrop(pixels: Pixels, window: Window, to: Interpolate): Pixels {
  const isColour = pixels.dtype === "uint8" && pixels.shape[2] === 3;
  const keepsSize = window.width === to.width && window.height === to.height;
  if (!isColour || keepsSize || !isFast(to)) return interpolated(windowOf(pixels, window), to);
  copyWindow(pixels, window);
  const { width, height } = window;
  const data = resample({ width, height, toWidth: to.width, toHeight: to.height, kernel: "linear" });
  return { dtype: "uint8", shape: [to.height, to.width, 3], data };
}

/** Puts the window's rows where `resample` reads them. */
function copyWindow({ data, shape }: Pixels, window: Window): void {
  const [down, across] = shape;
  const { left, top, width, height } = window;
  if (!isInside(window, across, down)) throw new RangeError("the window reaches beyond the image");
  const source = sourcePixels(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * across + left) * 3;
    source.set(data.subarray(start, start + width * 3), y * width * 3);
  }
}
