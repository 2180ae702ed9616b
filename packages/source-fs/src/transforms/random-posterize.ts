/** Leaves fewer levels at random: torchvision's RandomPosterize. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";
import { posterized } from "../pixels/tones.js";

export default defineTransform({
  name: "random-posterize",
  summary: "keep fewer bits of each channel, at random",
  options: z.strictObject({
    bits: z.int().min(0).max(8).describe("bits that are kept of each channel"),
    p: probabilityOption.describe("share of samples that are changed, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, p, bits }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-posterize", anyPixels);
      return random.chance(p) ? { ...sample, [key]: posterized(pixels, bits) } : sample;
    };
  },
});
