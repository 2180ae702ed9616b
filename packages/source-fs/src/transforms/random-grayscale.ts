/** Turns colours gray at random: torchvision's RandomGrayscale. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { byteColours, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { toGrayscale } from "../images/luma.js";

export default defineTransform({
  name: "random-grayscale",
  summary: "turn the image gray, at random; it keeps its channels",
  options: z.strictObject({
    p: z.number().min(0).max(1).default(0.1).describe("share of samples that turn gray, 0 to 1"),
    key: keyOption,
  }),
  random: true,
  create({ key, p }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-grayscale", byteColours);
      return random.chance(p) ? { ...sample, [key]: toGrayscale(pixels, pixels.shape[2] as 1 | 3) } : sample;
    };
  },
});
