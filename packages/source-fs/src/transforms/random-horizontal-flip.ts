/** Mirrors images left to right, at random. */
import { arrayConstructors, defineTransform, type NdArray } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";

/** The mirror image, left to right, of pixels [height, width, channels]. */
export function flipHorizontally(pixels: NdArray): NdArray {
  const [height, width, channels] = pixels.shape;
  const from = pixels.data;
  const to = new arrayConstructors[pixels.dtype](from.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      const source = (row + width - 1 - x) * channels;
      const target = (row + x) * channels;
      for (let c = 0; c < channels; c++) to[target + c] = from[source + c];
    }
  }
  return { dtype: pixels.dtype, shape: pixels.shape, data: to };
}

export default defineTransform({
  name: "random-horizontal-flip",
  summary: "mirror the image left to right, at random",
  options: z.strictObject({
    probability: z.number().min(0).max(1).default(0.5).describe("share of samples that are mirrored, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, probability }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-horizontal-flip");
      return random.chance(probability) ? { ...sample, [key]: flipHorizontally(pixels) } : sample;
    };
  },
});
