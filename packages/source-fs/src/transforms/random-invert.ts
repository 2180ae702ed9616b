/** Inverts colours at random: torchvision's RandomInvert. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";
import { inverted } from "../pixels/tones.js";

export default defineTransform({
  name: "random-invert",
  summary: "invert the colours, at random",
  options: z.strictObject({
    p: probabilityOption.describe("share of samples that are inverted, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, p }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-invert", anyPixels);
      return random.chance(p) ? { ...sample, [key]: inverted(pixels) } : sample;
    };
  },
});
