/** Operations drawn from a list, all by one magnitude: torchvision's RandAugment (Cubuk and others, 2019). */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { byteColours, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { fillOf, fillOption, warpOption } from "../images/transform-options.js";
import { operations } from "../pixels/rand-augment.js";

export default defineTransform({
  name: "rand-augment",
  summary: "a few changes of shape and colour, drawn from fourteen, of one magnitude",
  options: z
    .strictObject({
      numOps: z
        .int()
        .min(0)
        .max(100)
        .default(2)
        .describe("how many operations follow each other; one may come again"),
      magnitude: z.int().min(0).max(1000).default(9).describe("how strong they are: a bin, from 0"),
      numMagnitudeBins: z.int().min(2).max(1001).default(31).describe("how many bins there are"),
      interpolation: warpOption.describe("how places between pixels are read"),
      fill: fillOption
        .optional()
        .describe("value of pixels from outside, or one for each channel; black if left out"),
      key: keyOption,
    })
    .refine(({ magnitude, numMagnitudeBins }) => magnitude < numMagnitudeBins, {
      error: "must be less than numMagnitudeBins",
      path: ["magnitude"],
    }),
  random: true,
  create({ key, numOps, magnitude: bin, numMagnitudeBins, interpolation, fill }) {
    /** Drawn in order, for each operation: which, then, where it has a direction, which one. */
    return (sample: ImageSample, { random }) => {
      let pixels = pixelsOf(sample, key, "rand-augment", byteColours);
      const [height, width] = pixels.shape;
      const settings = {
        interpolation,
        fill: fill === undefined ? fill : fillOf(fill, pixels, "rand-augment"),
      };
      for (let i = 0; i < numOps; i++) {
        const operation = operations[random.integer(operations.length)];
        const magnitude = operation.magnitude?.(bin, numMagnitudeBins, width, height) ?? 0;
        const isTurned = operation.signed && random.chance(0.5);
        pixels = operation.apply(pixels, isTurned ? -magnitude : magnitude, settings);
      }
      return { ...sample, [key]: pixels };
    };
  },
});
