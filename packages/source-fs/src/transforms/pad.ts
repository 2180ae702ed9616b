/** Adds a border to images: torchvision's Pad. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { changeAll, type ImageSample, keyOption, masksOption } from "../images/image-field.js";
import {
  fillOf,
  fillOption,
  paddingModeOption,
  paddingOf,
  paddingOption,
} from "../images/transform-options.js";
import { checkPadding } from "../pixels/crops.js";
import { padded, windowOf } from "../pixels/window.js";

export default defineTransform({
  name: "pad",
  summary: "add a border to the image",
  options: z.strictObject({
    padding: paddingOption.describe(
      "pixels on all sides, [left and right, top and bottom], or [left, top, right, bottom]",
    ),
    fill: fillOption
      .default(0)
      .describe("value of the border, or one for each channel, where paddingMode is constant"),
    paddingMode: paddingModeOption,
    masks: masksOption,
    key: keyOption,
  }),
  create({ padding, fill, paddingMode, ...fields }) {
    const around = paddingOf(padding);
    return (sample: ImageSample) =>
      changeAll(sample, fields, "pad", (pixels, isMask) => {
        const [height, width] = pixels.shape;
        checkPadding("pad", paddingMode, around, { width, height });
        const values = isMask ? [0] : fillOf(fill, pixels, "pad");
        return windowOf(pixels, padded(around, width, height), paddingMode, values);
      });
  },
});
