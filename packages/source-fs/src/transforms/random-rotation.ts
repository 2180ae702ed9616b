/** Turns images at random: torchvision's RandomRotation. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { changeAll, type ImageSample, keyOption, masksOption } from "../images/image-field.js";
import { fillOf, fillOption, rangeOption, warpOption } from "../images/transform-options.js";
import { rotated } from "../pixels/warp.js";

export default defineTransform({
  name: "random-rotation",
  summary: "turn the image about its centre, at random",
  options: z.strictObject({
    degrees: z
      .union([z.number().min(0).max(360), rangeOption(-360, 360)])
      .describe("counter-clockwise, drawn from [-degrees, degrees], or from [low, high]"),
    interpolation: warpOption.describe("how places between pixels are read"),
    expand: z
      .boolean()
      .default(false)
      .describe("enlarge the result until all of the turned image is in it, so that sizes vary"),
    fill: fillOption.default(0).describe("value of pixels from outside, or one for each channel"),
    masks: masksOption,
    key: keyOption,
  }),
  random: true,
  create({ degrees, interpolation, expand, fill, ...fields }) {
    const [low, high] = typeof degrees === "number" ? [-degrees, degrees] : degrees;
    return (sample: ImageSample, { random }) => {
      const angle = low === high ? low : random.between(low, high);
      return changeAll(sample, fields, "random-rotation", (pixels, isMask) =>
        isMask
          ? rotated(pixels, angle, { interpolation: "nearest", expand, fill: [0] })
          : rotated(pixels, angle, { interpolation, expand, fill: fillOf(fill, pixels, "random-rotation") }),
      );
    };
  },
});
