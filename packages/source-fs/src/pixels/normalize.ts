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
  const shift = Float32Array.from({ length: channels }, (_, c) => mean[mean.length === 1 ? 0 : c]);
  const scale = Float32Array.from({ length: channels }, (_, c) => std[std.length === 1 ? 0 : c]);
  if (dtype === "uint8") byTable(from, to, tableOf(shift, scale));
  else
    for (let i = 0; i < to.length; i += channels)
      for (let c = 0; c < channels; c++) to[i + c] = Math.fround(from[i + c] - shift[c]) / scale[c];
  return { dtype: "float32", shape, data: to };
}

/** What becomes of the 256 values of each channel, one channel after the other. */
function tableOf(shift: Float32Array, scale: Float32Array): Float32Array {
  const part = Math.fround(1 / 255);
  return Float32Array.from({ length: shift.length * 256 }, (_, i) => {
    const c = i >> 8;
    return Math.fround(Math.fround((i & 255) * part) - shift[c]) / scale[c];
  });
}

function byTable(from: Pixels["data"], to: Float32Array, table: Float32Array): void {
  const channels = table.length / 256;
  if (channels === 3) {
    for (let i = 0; i < to.length; i += 3) {
      to[i] = table[from[i]];
      to[i + 1] = table[256 + from[i + 1]];
      to[i + 2] = table[512 + from[i + 2]];
    }
    return;
  }
  for (let i = 0; i < to.length; i += channels)
    for (let c = 0; c < channels; c++) to[i + c] = table[c * 256 + from[i + c]];
}
