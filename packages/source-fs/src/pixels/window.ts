/** Windows of an image, inside it or beyond its borders: cropping and padding in one. */
import { blank, type Pixels, roundEven } from "./pixels.js";

/** A rectangle in pixels; it may reach beyond the image. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What lies beyond a border: one value, the border's own pixels, or the image mirrored, without its border pixels or with them. */
export const paddingModes = ["constant", "edge", "reflect", "symmetric"] as const;
export type PaddingMode = (typeof paddingModes)[number];

/** Pixels beyond the left, top, right and bottom border. */
export type Padding = readonly [left: number, top: number, right: number, bottom: number];

/** True where no pixel of the window lies beyond the image. */
export function isInside({ left, top, width, height }: Window, across: number, down: number): boolean {
  return left >= 0 && top >= 0 && left + width <= across && top + height <= down;
}

/**
 * The pixels in a window (torchvision's `crop` and `pad`). `fill` has one value, or one for each channel; it counts where
 * `mode` is constant.
 */
export function windowOf(
  pixels: Pixels,
  window: Window,
  mode: PaddingMode = "constant",
  fill: readonly number[] = [0],
): Pixels {
  const [down, across, channels] = pixels.shape;
  const { left, top, width, height } = window;
  if (left === 0 && top === 0 && width === across && height === down) return pixels;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  if (isInside(window, across, down)) {
    for (let y = 0; y < height; y++) {
      const start = ((top + y) * across + left) * channels;
      to.set(from.subarray(start, start + width * channels), y * width * channels);
    }
    return made;
  }
  const columns = placesOf(left, width, across, mode);
  const rows = placesOf(top, height, down, mode);
  for (let y = 0, target = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = rows[y] < 0 || columns[x] < 0 ? -1 : (rows[y] * across + columns[x]) * channels;
      for (let c = 0; c < channels; c++, target++)
        to[target] = source < 0 ? fill[fill.length === 1 ? 0 : c] : from[source + c];
    }
  }
  return made;
}

/** Which pixel of an axis stands at each position of the window; -1 for none. */
function placesOf(start: number, count: number, extent: number, mode: PaddingMode): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    const at = start + i;
    if (at >= 0 && at < extent) return at;
    if (mode === "constant") return -1;
    if (mode === "edge") return at < 0 ? 0 : extent - 1;
    // Mirrored about the border pixel, or about the border itself.
    const shift = mode === "reflect" ? 0 : 1;
    return at < 0 ? -at - shift : 2 * (extent - 1) + shift - at;
  });
}

/** The most pixels beyond a border that can be had of an axis. */
export function mostPadding(extent: number, mode: PaddingMode): number {
  if (mode === "reflect") return extent - 1;
  return mode === "symmetric" ? extent : Number.POSITIVE_INFINITY;
}

/** The window of an image and what lies around it. */
export function padded([left, top, right, bottom]: Padding, across: number, down: number): Window {
  return { left: -left, top: -top, width: across + left + right, height: down + top + bottom };
}

/** The window in the middle, which is larger than the image where `width` or `height` is (torchvision's `center_crop`). */
export function centered(width: number, height: number, across: number, down: number): Window {
  const startOf = (wanted: number, extent: number): number =>
    wanted > extent ? -Math.floor((wanted - extent) / 2) : roundEven((extent - wanted) / 2);
  return { left: startOf(width, across), top: startOf(height, down), width, height };
}
