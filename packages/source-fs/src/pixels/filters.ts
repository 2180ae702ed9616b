/** Sums over neighbourhoods: sharpness and blur, with torchvision's arithmetic. */
import { blank, boundOf, type Pixels } from "./pixels.js";

/**
 * torchvision's `adjust_sharpness`: 0 is blurred by a 3 × 3 kernel, 1 the image itself, 2 sharper. Pixels of the border stay, and so
 * do images of at most 2 pixels across or down.
 */
export function sharpened(pixels: Pixels, factor: number): Pixels {
  const [height, width, channels] = pixels.shape;
  if (height <= 2 || width <= 2) return pixels;
  const made = blank(pixels, height, width);
  const { data: from } = pixels;
  const { data: to } = made;
  to.set(from);
  const whole = pixels.dtype === "uint8";
  const bound = boundOf(pixels);
  const stride = width * channels;
  for (let y = 1; y < height - 1; y++) {
    const end = (y + 1) * stride - channels;
    for (let i = y * stride + channels; i < end; i++) {
      const above = i - stride;
      const below = i + stride;
      const around =
        from[above - channels] +
        from[above] +
        from[above + channels] +
        from[i - channels] +
        from[i + channels] +
        from[below - channels] +
        from[below] +
        from[below + channels];
      const mean = (around + 5 * from[i]) / 13;
      const blurred = whole ? Math.round(mean) : mean;
      const value = from[i] + (blurred - from[i]) * (1 - factor);
      to[i] = value < 0 ? 0 : value > bound ? bound : value;
    }
  }
  return made;
}

/**
 * torchvision's `gaussian_blur` with an odd kernel of `[width, height]` and a deviation in pixels, mirrored at the borders: each
 * side has to be longer than half the kernel.
 */
export function blurred(pixels: Pixels, kernelSize: readonly [number, number], sigma: number): Pixels {
  const [height, width, channels] = pixels.shape;
  const middle = new Float32Array(pixels.data.length);
  const across = gaussian(kernelSize[0], sigma);
  const down = gaussian(kernelSize[1], sigma);
  const stride = width * channels;
  for (let y = 0; y < height; y++)
    convolve(pixels.data, middle, across, y * stride, channels, width, channels);
  const made = blank(pixels, height, width);
  const half = pixels.dtype === "uint8" ? 0.5 : 0;
  const column = new Float32Array(pixels.data.length);
  for (let x = 0; x < stride; x++) convolve(middle, column, down, x, stride, height, 1);
  for (let i = 0; i < column.length; i++) made.data[i] = column[i] + half;
  return made;
}

/** One line of `count` places, `step` apart, of as many numbers next to each other as `together` says. */
function convolve(
  from: Uint8Array | Float32Array,
  to: Float32Array,
  kernel: Float64Array,
  start: number,
  step: number,
  count: number,
  together: number,
): void {
  const reach = kernel.length >> 1;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < together; k++) {
      let sum = 0;
      for (let j = 0; j < kernel.length; j++) {
        let at = i + j - reach;
        if (at < 0) at = -at;
        else if (at >= count) at = 2 * (count - 1) - at;
        sum += kernel[j] * from[start + at * step + k];
      }
      to[start + i * step + k] = sum;
    }
  }
}

function gaussian(size: number, sigma: number): Float64Array {
  const limit = (size - 1) / (2 * Math.SQRT2);
  const weights = Float64Array.from({ length: size }, (_, i) => {
    const x = size === 1 ? -limit : -limit + (2 * limit * i) / (size - 1);
    return Math.exp(-((x / sigma) ** 2));
  });
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}
