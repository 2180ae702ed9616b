/** Mirrors images top to bottom, at random: torchvision's RandomVerticalFlip. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, masksOption, operateOnAll } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";

export default defineTransform({
  name: "random-vertical-flip",
  summary: "mirror the image top to bottom, at random",
  deferred: true,
  options: z.strictObject({
    p: probabilityOption.describe("share of samples that are mirrored, 0 to 1"),
    masks: masksOption,
    key: keyOption,
  }),
  random: true,
  create({ p, ...fields }) {
    return (sample: ImageSample, { random }) =>
      operateOnAll(
        sample,
        fields,
        "random-vertical-flip",
        random.chance(p) ? { type: "flip", axis: "vertical" } : undefined,
      );
  },
});
