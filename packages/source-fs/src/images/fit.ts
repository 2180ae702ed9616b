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
