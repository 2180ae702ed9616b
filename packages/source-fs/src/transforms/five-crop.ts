/** The four corners and the middle of images, as one array: torchvision's FiveCrop. */
import { defineTransform, type NdArray } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { sizeOf, sizeOption } from "../images/transform-options.js";
import { fiveWindows } from "../pixels/crops.js";
import type { Pixels } from "../pixels/pixels.js";
import { windowOf } from "../pixels/window.js";

export default defineTransform({
  name: "five-crop",
  summary: "the four corners and the middle of the image, as one array of five",
  options: z.strictObject({
    size: sizeOption.describe(
      "pixels of both sides of each, or [height, width]; a sample has five times as many",
    ),
    key: keyOption,
  }),
  create({ size, key }) {
    const wanted = sizeOf(size);
    return (sample: ImageSample) => {
      const pixels = pixelsOf(sample, key, "five-crop", anyPixels);
      const [height, width] = pixels.shape;
      const crops = fiveWindows(wanted, { width, height }).map((window) => windowOf(pixels, window));
      return { ...sample, [key]: stacked(crops) };
    };
  },
});

/** [5, height, width, channels]: upper left, upper right, lower left, lower right, middle. */
function stacked(crops: readonly Pixels[]): NdArray {
  const [{ dtype, shape, data }] = crops;
  const size = data.length;
  const to = dtype === "uint8" ? new Uint8Array(size * crops.length) : new Float32Array(size * crops.length);
  for (const [i, crop] of crops.entries()) to.set(crop.data, i * size);
  return { dtype, shape: [crops.length, ...shape], data: to };
}
