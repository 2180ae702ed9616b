/** Mirrors images left to right, at random: torchvision's RandomHorizontalFlip. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, masksOption, operateOnAll } from "../images/image-field.js";
import { probabilityOption } from "../images/transform-options.js";

export default defineTransform({
  name: "random-horizontal-flip",
  summary: "mirror the image left to right, at random",
  deferred: true,
  options: z.strictObject({
    p: probabilityOption.describe("share of samples that are mirrored, 0 to 1"),
    probability: z.number().min(0).max(1).optional().describe("the former name of p"),
    masks: masksOption,
    key: keyOption,
  }),
  random: true,
  create({ p, probability = p, ...fields }) {
    return (sample: ImageSample, { random }) =>
      operateOnAll(
        sample,
        fields,
        "random-horizontal-flip",
        random.chance(probability) ? { type: "flip", axis: "horizontal" } : undefined,
      );
  },
});
