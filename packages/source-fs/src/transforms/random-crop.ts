/** A window of images at random: torchvision's RandomCrop; fused with decoding where the image is still a file. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, masksOption, operateOnAll } from "../images/image-field.js";
import {
  fillOption,
  paddingModeOption,
  paddingOf,
  paddingOption,
  sizeOf,
  sizeOption,
} from "../images/transform-options.js";

export default defineTransform({
  name: "random-crop",
  summary: "a window of the image at random, also of what lies around it",
  deferred: true,
  options: z.strictObject({
    size: sizeOption.describe("pixels of both sides, or [height, width]"),
    padding: paddingOption
      .default(0)
      .describe(
        "pixels added around the image before: on all sides, [left and right, top and bottom], or [left, top, right, bottom]",
      ),
    padIfNeeded: z
      .boolean()
      .default(false)
      .describe("pad an image that is smaller than size, instead of refusing it"),
    fill: fillOption.default(0).describe("value of pixels from outside, or one for each channel"),
    paddingMode: paddingModeOption,
    masks: masksOption,
    key: keyOption,
  }),
  random: true,
  create({ size, padding, padIfNeeded, fill, paddingMode, ...fields }) {
    const settings = { ...sizeOf(size), padding: paddingOf(padding), padIfNeeded, paddingMode };
    /** Drawn in order: top, left. */
    return (sample: ImageSample, { random }) => {
      const at = [random.uniform(), random.uniform()] as const;
      const crop = { ...settings, at, fill: [fill].flat() };
      const ofMasks = { ...crop, fill: [0] };
      return operateOnAll(
        sample,
        fields,
        "random-crop",
        { type: "crop", crop },
        { type: "crop", crop: ofMasks },
      );
    };
  },
});
