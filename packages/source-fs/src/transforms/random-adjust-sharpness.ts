/** Sharpens or blurs at random: torchvision's RandomAdjustSharpness. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";
import { sharpened } from "../pixels/filters.js";

export default defineTransform({
  name: "random-adjust-sharpness",
  summary: "sharpen or blur the image, at random",
  options: z.strictObject({
    sharpnessFactor: z.number().min(0).max(1000).describe("0 blurs, 1 leaves the image as it is, 2 sharpens"),
    p: probabilityOption.describe("share of samples that are changed, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, p, sharpnessFactor }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-adjust-sharpness", anyPixels);
      return random.chance(p) ? { ...sample, [key]: sharpened(pixels, sharpnessFactor) } : sample;
    };
  },
});
