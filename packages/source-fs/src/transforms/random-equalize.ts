/** Evens out histograms at random: torchvision's RandomEqualize. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { byteColours, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";
import { equalized } from "../pixels/tones.js";

export default defineTransform({
  name: "random-equalize",
  summary: "even out the histogram of each channel, at random",
  options: z.strictObject({
    p: probabilityOption.describe("share of samples that are changed, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, p }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-equalize", byteColours);
      return random.chance(p) ? { ...sample, [key]: equalized(pixels) } : sample;
    };
  },
});
