/** Pixels as numbers around 0: torchvision's `ToDtype(float32, scale=True)` and `Normalize`. */
import type { NdArray } from "@millrace/core";
import type { Pixels } from "./pixels.js";

/**
 * (value − mean) / std for each channel, of values from 0 to 1: uint8 is brought there by 1/255, float32 is taken as it is. In
 * float32, with torch's rounding after each step. `mean` and `std` have one number, or one for each channel.
 */
export function normalized(
  { data: from, shape, dtype }: Pixels,
  mean: readonly number[],
  std: readonly number[],
): NdArray<"float32"> {
  const channels = shape[shape.length - 1];
  const to = new Float32Array(from.length);
  for (let c = 0; c < channels; c++) {
    const shift = Math.fround(mean[mean.length === 1 ? 0 : c]);
    const scale = Math.fround(std[std.length === 1 ? 0 : c]);
    if (dtype === "uint8") {
      const part = Math.fround(1 / 255);
      const table = Float32Array.from(
        { length: 256 },
        (_, value) => Math.fround(Math.fround(value * part) - shift) / scale,
      );
      for (let i = c; i < to.length; i += channels) to[i] = table[from[i]];
    } else {
      for (let i = c; i < to.length; i += channels) to[i] = Math.fround(from[i] - shift) / scale;
    }
  }
  return { dtype: "float32", shape, data: to };
}
