/** What the arithmetic of this folder works on: pixels [height, width, channels], uint8 from 0 to 255 or float32 from 0 to 1. */
import type { NdArray } from "@millrace/core";

/** The element types of pixels. */
export type PixelType = "uint8" | "float32";

/** An image: row-major [height, width, channels]. Functions of pixels never change what they are given. */
export type Pixels = NdArray<PixelType>;

/** Pixels of the same element type and number of channels, all 0. */
export function blank({ dtype, shape }: Pixels, height: number, width: number): Pixels {
  const size = height * width * shape[2];
  const data = dtype === "uint8" ? new Uint8Array(size) : new Float32Array(size);
  return { dtype, shape: [height, width, shape[2]], data };
}

/** What white is: 255 of uint8, 1 of float32. */
export function boundOf({ dtype }: Pixels): number {
  return dtype === "uint8" ? 255 : 1;
}

/** Python's `round`, and torch's: halves go to the even number. */
export function roundEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
