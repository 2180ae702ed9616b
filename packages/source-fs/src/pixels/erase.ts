/** A rectangle of an image painted over. */
import type { Pixels } from "./pixels.js";
import type { Window } from "./window.js";

/** The image with the window, which lies inside it, set to what `valueOf` gives, row by row and channel by channel. */
export function erased(
  pixels: Pixels,
  { left, top, width, height }: Window,
  valueOf: (channel: number) => number,
): Pixels {
  const [, across, channels] = pixels.shape;
  const data = pixels.data.slice();
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      const at = (y * across + x) * channels;
      for (let c = 0; c < channels; c++) data[at + c] = valueOf(c);
    }
  }
  return { dtype: pixels.dtype, shape: pixels.shape, data };
}
