/** Stretches each channel to its full range at random: torchvision's RandomAutocontrast. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";
import { autoContrasted } from "../pixels/tones.js";

export default defineTransform({
  name: "random-autocontrast",
  summary: "stretch each channel to its full range, at random",
  options: z.strictObject({
    p: probabilityOption.describe("share of samples that are changed, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, p }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-autocontrast", anyPixels);
      return random.chance(p) ? { ...sample, [key]: autoContrasted(pixels) } : sample;
    };
  },
});
