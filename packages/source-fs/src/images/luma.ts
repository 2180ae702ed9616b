/** Colour to grayscale, exactly as Pillow's convert("L") and so torchvision's Grayscale. */
import type { NdArray } from "@millrace/core";

/**
 * The luma (ITU-R BT.601, 16-bit fixed point) of uint8 pixels [height, width, 1, 3 or 4], in `channels` equal channels.
 * An alpha channel is dropped.
 */
export function toGrayscale(pixels: NdArray, channels: 1 | 3): NdArray {
  const [height, width, depth] = pixels.shape;
  if (depth === channels && depth === 1) return pixels;
  const from = pixels.data;
  const to = new Uint8Array(height * width * channels);
  for (let i = 0, j = 0; j < to.length; i += depth, j += channels) {
    const luma =
      depth === 1 ? from[i] : (from[i] * 19595 + from[i + 1] * 38470 + from[i + 2] * 7471 + 32768) >> 16;
    to[j] = luma;
    if (channels === 3) to[j + 1] = to[j + 2] = luma;
  }
  return { dtype: "uint8", shape: [height, width, channels], data: to };
}
