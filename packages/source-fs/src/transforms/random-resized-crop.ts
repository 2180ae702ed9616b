/** A window of drawn size and shape, resized: torchvision's RandomResizedCrop; fused with decoding where the image is still a file. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, masksOption, operateOnAll } from "../images/image-field.js";
import {
  antialiasOption,
  interpolationOption,
  rangeOption,
  sizeOf,
  sizeOption,
} from "../images/transform-options.js";
import { cropTries } from "../pixels/crops.js";

export default defineTransform({
  name: "random-resized-crop",
  summary: "a window of the image, of random size and shape, resized",
  deferred: true,
  options: z
    .strictObject({
      size: sizeOption.describe("pixels of both sides of the result, or [height, width]"),
      scale: rangeOption(0, 1)
        .default([0.08, 1])
        .describe("share of the image's area that the window has, drawn from [low, high]"),
      ratio: rangeOption(0)
        .refine(([low]) => low > 0, { error: "must be positive" })
        .default([3 / 4, 4 / 3])
        .describe("the window's width by its height, drawn from [low, high] by its logarithm"),
      interpolation: interpolationOption,
      antialias: antialiasOption,
      masks: masksOption,
      key: keyOption,
    })
    .refine(({ interpolation, antialias }) => interpolation !== "lanczos" || antialias, {
      error: "lanczos needs antialias",
      path: ["antialias"],
    }),
  random: true,
  create({ size, scale, ratio, interpolation, antialias, ...fields }) {
    const settings = { ...sizeOf(size), scale, ratio, interpolation, antialias };
    /** Drawn in order: top, left, then area and ratio for each of ten tries. */
    return (sample: ImageSample, { random }) => {
      const draws = Array.from({ length: 2 + 2 * cropTries }, () => random.uniform());
      const crop = { ...settings, draws };
      return operateOnAll(
        sample,
        fields,
        "random-resized-crop",
        { type: "resized-crop", crop },
        { type: "resized-crop", crop: { ...crop, interpolation: "nearest" } },
      );
    };
  },
});
