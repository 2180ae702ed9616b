/** Blurs images by a drawn width: torchvision's GaussianBlur. */
import { defineTransform, MillraceError } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { rangeOption } from "../images/transform-options.js";
import { blurred } from "../pixels/filters.js";

const odd = z
  .int()
  .min(1)
  .max(255)
  .refine((size) => size % 2 === 1, { error: "must be odd" });
const width = z.number().gt(0).max(1000);

export default defineTransform({
  name: "gaussian-blur",
  summary: "blur the image, by a random width",
  options: z.strictObject({
    kernelSize: z
      .union([odd, z.tuple([odd, odd])])
      .describe("pixels of the kernel, odd: for both axes, or [across, down]"),
    sigma: z
      .union([width, rangeOption(0, 1000).refine(([low]) => low > 0, { error: "must be positive" })])
      .default([0.1, 2])
      .describe("the kernel's deviation in pixels, or [low, high] that it is drawn from"),
    key: keyOption,
  }),
  random: true,
  create({ kernelSize, sigma, key }) {
    const kernel = typeof kernelSize === "number" ? ([kernelSize, kernelSize] as const) : kernelSize;
    const [low, high] = typeof sigma === "number" ? [sigma, sigma] : sigma;
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "gaussian-blur", anyPixels);
      const [down, across] = pixels.shape;
      if (across <= kernel[0] >> 1 || down <= kernel[1] >> 1) throw tooSmall(across, down, kernel);
      const deviation = low === high ? low : random.between(low, high);
      return { ...sample, [key]: blurred(pixels, kernel, deviation) };
    };
  },
});

function tooSmall(across: number, down: number, kernel: readonly [number, number]): MillraceError {
  return new MillraceError(
    "TRANSFORM_INPUT",
    `gaussian-blur needs an image of more than half its kernel, ${kernel.join(" × ")}, was ${across} × ${down}`,
    { hint: "Take a smaller `kernelSize`, or resize the image before." },
  );
}
