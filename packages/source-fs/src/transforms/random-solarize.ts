/** Inverts what is bright at random: torchvision's RandomSolarize. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";
import { solarized } from "../pixels/tones.js";

export default defineTransform({
  name: "random-solarize",
  summary: "invert what is bright, at random",
  options: z.strictObject({
    threshold: z
      .number()
      .min(0)
      .max(255)
      .describe(
        "the least value that is inverted: from 0 to 255 in uint8 images, from 0 to 1 in float32 ones",
      ),
    p: probabilityOption.describe("share of samples that are changed, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, p, threshold }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-solarize", anyPixels);
      return random.chance(p) ? { ...sample, [key]: solarized(pixels, threshold) } : sample;
    };
  },
});
