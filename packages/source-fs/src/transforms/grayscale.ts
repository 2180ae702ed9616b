/** Turns colour images gray, with Pillow's and torchvision's weights. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, operateOn } from "../images/image-field.js";

export default defineTransform({
  name: "grayscale",
  summary: "turn the image gray",
  deferred: true,
  options: z.strictObject({
    channels: z
      .union([z.literal(1), z.literal(3)])
      .default(1)
      .describe("1, or 3 equal channels for models that expect colour; costs three times the memory"),
    key: keyOption,
  }),
  create({ key, channels }) {
    return (sample: ImageSample) => operateOn(sample, key, "grayscale", { type: "grayscale", channels });
  },
});
