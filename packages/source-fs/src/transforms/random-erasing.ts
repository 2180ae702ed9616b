/** Paints over a rectangle at random: torchvision's RandomErasing. */
import { defineTransform, type Random } from "@millrace/core";
import { z } from "zod";
import { anyPixels, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { fillOf, fillOption, probabilityOption, rangeOption } from "../images/transform-options.js";
import { erased } from "../pixels/erase.js";
import { roundEven } from "../pixels/pixels.js";
import type { Window } from "../pixels/window.js";

const options = z.strictObject({
  p: probabilityOption.describe("share of samples in which something is painted over, 0 to 1"),
  scale: rangeOption(0, 1)
    .default([0.02, 0.33])
    .describe("share of the image's area that is painted over, drawn from [low, high]"),
  ratio: rangeOption(0)
    .refine(([low]) => low > 0, { error: "must be positive" })
    .default([0.3, 3.3])
    .describe("the rectangle's height by its width, drawn from [low, high] by its logarithm"),
  value: z
    .union([fillOption, z.literal("random")])
    .default(0)
    .describe(
      "what it is painted with: a value, one for each channel, or random: normal numbers in float32 images, as torchvision has them, any bytes in uint8",
    ),
  key: keyOption,
});

export default defineTransform({
  name: "random-erasing",
  summary: "paint over a rectangle of the image, at random",
  options,
  random: true,
  create({ key, p, value, ...settings }) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, key, "random-erasing", anyPixels);
      const window = random.chance(p) ? drawWindow(settings, pixels.shape, random) : undefined;
      if (window === undefined) return sample;
      const values = value === "random" ? undefined : fillOf(value, pixels, "random-erasing", "value");
      const drawn = pixels.dtype === "uint8" ? () => random.integer(256) : () => random.normal();
      const valueOf = values === undefined ? drawn : (c: number) => values[values.length === 1 ? 0 : c];
      return { ...sample, [key]: erased(pixels, window, valueOf) };
    };
  },
});

/**
 * Drawn in order, after whether at all: area and ratio, up to ten times until the rectangle is smaller than the image, then top
 * and left, and then the values where they are random. Undefined where none fits.
 */
function drawWindow(
  { scale, ratio }: Pick<z.output<typeof options>, "scale" | "ratio">,
  [down, across]: readonly number[],
  random: Random,
): Window | undefined {
  for (let i = 0; i < 10; i++) {
    const area = down * across * random.between(scale[0], scale[1]);
    const aspect = Math.exp(random.between(Math.log(ratio[0]), Math.log(ratio[1])));
    const [height, width] = [roundEven(Math.sqrt(area * aspect)), roundEven(Math.sqrt(area / aspect))];
    if (height >= down || width >= across) continue;
    const top = random.integer(down - height + 1);
    return { top, left: random.integer(across - width + 1), width, height };
  }
  return undefined;
}
