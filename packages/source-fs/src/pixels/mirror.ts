/** Mirror images, and quarter turns. */
import { blank, type Pixels } from "./pixels.js";

/** The mirror image, left to right (torchvision's `horizontal_flip`). */
export function flipHorizontally(pixels: Pixels): Pixels {
  const [height, width, channels] = pixels.shape;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  const stride = width * channels;
  for (let start = 0; start < to.length; start += stride) {
    let source = start + stride - channels;
    if (channels === 3) {
      for (let target = start; target < start + stride; target += 3, source -= 3) {
        to[target] = from[source];
        to[target + 1] = from[source + 1];
        to[target + 2] = from[source + 2];
      }
    } else {
      for (let target = start; target < start + stride; target += channels, source -= channels)
        for (let c = 0; c < channels; c++) to[target + c] = from[source + c];
    }
  }
  return made;
}

/** The mirror image, top to bottom (torchvision's `vertical_flip`). */
export function flipVertically(pixels: Pixels): Pixels {
  const [height, width, channels] = pixels.shape;
  const made = blank(pixels, height, width);
  const stride = width * channels;
  for (let y = 0; y < height; y++)
    made.data.set(pixels.data.subarray(y * stride, (y + 1) * stride), (height - 1 - y) * stride);
  return made;
}

/** The image turned counter-clockwise by quarter turns, 1 to 3 of them (torch's `rot90`). */
export function turned(pixels: Pixels, quarters: number): Pixels {
  if (quarters === 2) return flipVertically(flipHorizontally(pixels));
  const [height, width, channels] = pixels.shape;
  const made = blank(pixels, width, height);
  const { data: from } = pixels;
  const { data: to } = made;
  for (let y = 0, target = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const [row, column] = quarters === 1 ? [x, width - 1 - y] : [height - 1 - x, y];
      const source = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) to[target++] = from[source + c];
    }
  }
  return made;
}
