/** Changes brightness, contrast, saturation and hue at random: torchvision's ColorJitter. */
import { defineTransform, type Random } from "@millrace/core";
import { z } from "zod";
import { anyColours, type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";
import { rangeOption } from "../images/transform-options.js";
import { contrasted, hueTurned, saturated } from "../pixels/colour.js";
import type { Pixels } from "../pixels/pixels.js";
import { brightened } from "../pixels/tones.js";

const factor = z.union([z.number().min(0).max(Number.MAX_VALUE), rangeOption(0)]);

const options = z.strictObject({
  brightness: factor
    .default(0)
    .describe(
      "factor drawn from [1 - brightness, 1 + brightness], at least 0, or from [low, high]; 0 leaves it out",
    ),
  contrast: factor.default(0).describe("the same, towards the mean of the image's gray or away from it"),
  saturation: factor.default(0).describe("the same, towards gray or away from it; not of gray images"),
  hue: z
    .union([z.number().min(0).max(0.5), rangeOption(-0.5, 0.5)])
    .default(0)
    .describe(
      "turn of the colour circle, drawn from [-hue, hue], or from [low, high], within [-0.5, 0.5]; the dearest of the four",
    ),
  key: keyOption,
});

type Change = (pixels: Pixels, by: number) => Pixels;
const changes = [
  ["brightness", brightened],
  ["contrast", contrasted],
  ["saturation", saturated],
  ["hue", hueTurned],
] as const satisfies readonly (readonly [string, Change])[];

export default defineTransform({
  name: "color-jitter",
  summary: "change brightness, contrast, saturation and hue at random",
  options,
  random: true,
  create({ key, ...settings }) {
    const steps = changes.map(([name, change]) => ({ change, range: rangeAround(name, settings[name]) }));
    return (sample: ImageSample, { random }) => {
      let pixels = pixelsOf(sample, key, "color-jitter", anyColours);
      const order = drawOrder(random);
      const drawn = steps.map(({ range }) => range && random.between(range[0], range[1]));
      for (const step of order) {
        const by = drawn[step];
        if (by !== undefined) pixels = steps[step].change(pixels, by);
      }
      return { ...sample, [key]: pixels };
    };
  },
});

/** Undefined where nothing changes. */
function rangeAround(
  name: (typeof changes)[number][0],
  value: number | readonly [number, number],
): readonly [number, number] | undefined {
  const center = name === "hue" ? 0 : 1;
  const least = name === "hue" ? -0.5 : 0;
  const [low, high] = typeof value === "number" ? [Math.max(least, center - value), center + value] : value;
  return low === center && high === center ? undefined : [low, high];
}

/** Drawn in order: the order of the four (Fisher and Yates), then the factors that are in use, brightness first. */
function drawOrder(random: Random): readonly number[] {
  const order = [0, 1, 2, 3];
  for (let i = 0; i < 3; i++) {
    const j = i + random.integer(4 - i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
