/** Rotates, moves, scales and shears images at random: torchvision's RandomAffine, parameter for parameter. */
import { defineTransform, type Random } from "@millrace/core";
import { z } from "zod";
import { type AffineParameters, inverseAffineMatrix, warpAffine } from "../pixels/affine.js";
import { type ImageSample, keyOption, pixelsOf } from "../images/image-field.js";

const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, {
  error: "must be [low, high]",
});
const fraction = z.number().min(0).max(1);
const degrees = z.number().min(0).max(360);

const options = z.strictObject({
  degrees: z
    .union([degrees, range])
    .default(0)
    .describe("rotation: drawn from [-degrees, degrees], or from [low, high]; 0 does not rotate"),
  translate: z
    .tuple([fraction, fraction])
    .optional()
    .describe("most that the image moves, as fractions of its width and height; whole pixels are drawn"),
  scale: range
    .refine(([low]) => low > 0, { error: "must be positive" })
    .optional()
    .describe("factor drawn from [low, high]; both axes alike"),
  shear: z
    .union([z.number().min(0).max(89), range, z.tuple([z.number(), z.number(), z.number(), z.number()])])
    .optional()
    .describe(
      "degrees: x from [-shear, shear] or [low, high], or x and y from [lowX, highX, lowY, highY]; none if left out",
    ),
  fill: z.int().min(0).max(255).default(0).describe("value of pixels from outside the image"),
  key: keyOption,
});

/** Parameters for an image of the given size, drawn in torchvision's order: angle, translation, scale, shear. */
export function drawAffine(
  { degrees, translate, scale, shear }: z.output<typeof options>,
  width: number,
  height: number,
  random: Random,
): AffineParameters {
  const draw = ([low, high]: readonly [number, number]) => (low === high ? low : random.between(low, high));
  const about = (reach: number) => draw([-reach, reach]);
  const angle = typeof degrees === "number" ? about(degrees) : draw(degrees);
  const [moveX, moveY] = translate ?? [0, 0];
  const right = Math.round(about(moveX * width)) || 0;
  const down = Math.round(about(moveY * height)) || 0;
  const factor = draw(scale ?? [1, 1]);
  const [lowX, highX, lowY = 0, highY = 0] = typeof shear === "object" ? shear : [-(shear ?? 0), shear ?? 0];
  return {
    angle,
    translate: [right, down],
    scale: factor,
    shear: [draw([lowX, highX]) || 0, draw([lowY, highY])],
  };
}

export default defineTransform({
  name: "random-affine",
  summary: "rotate, move, scale and shear the image at random (torchvision's RandomAffine)",
  options,
  random: true,
  create(settings) {
    return (sample: ImageSample, { random }) => {
      const pixels = pixelsOf(sample, settings.key, "random-affine");
      const [height, width] = pixels.shape;
      const parameters = drawAffine(settings, width, height, random);
      const matrix = inverseAffineMatrix(parameters, width / 2, height / 2);
      return { ...sample, [settings.key]: warpAffine(pixels, matrix, settings.fill) };
    };
  },
});
