/** How large a picture becomes when it is fitted into or around a rectangle: one arithmetic for all decoders. */
import type { ResizeSettings } from "./sharp-engine.js";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The whole picture's size for `fit` inside, outside and cover, which keep the aspect ratio: to the nearest pixel, at least 1. */
export function scaledSize({ width, height }: Size, resize: ResizeSettings): Size {
  const [shrinkX, shrinkY] = [width / resize.width, height / resize.height];
  const shrink = resize.fit === "inside" ? Math.max(shrinkX, shrinkY) : Math.min(shrinkX, shrinkY);
  return {
    width: Math.max(1, Math.round(width / shrink)),
    height: Math.max(1, Math.round(height / shrink)),
  };
}

/** True where the size of the result depends on the picture's own. */
export function keepsRatio({ fit }: ResizeSettings): boolean {
  return fit === "inside" || fit === "outside";
}

/** The shorter side's length, the longer one's limit, or both: one of them at least. */
export interface SideSettings {
  readonly size?: number | undefined;
  readonly maxSize?: number | undefined;
}

/** torchvision's `_compute_resized_output_size`: fractions of the other side are cut off; at least 1 pixel. */
export function sideSize({ size, maxSize }: SideSettings, { width, height }: Size): Size {
  const isTall = width <= height;
  const [short, long] = isTall ? [width, height] : [height, width];
  let shorter = size ?? Math.trunc(((maxSize ?? long) * short) / long);
  let longer = size === undefined ? (maxSize ?? long) : Math.trunc((size * long) / short);
  if (maxSize !== undefined && longer > maxSize)
    [shorter, longer] = [Math.trunc((maxSize * shorter) / longer), maxSize];
  shorter = Math.max(1, shorter);
  return isTall ? { width: shorter, height: longer } : { width: longer, height: shorter };
}
