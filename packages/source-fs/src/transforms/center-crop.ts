/** The middle of images: torchvision's CenterCrop; fused with decoding where the image is still a file. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, masksOption, operateOnAll } from "../images/image-field.js";
import { sizeOf, sizeOption } from "../images/transform-options.js";

export default defineTransform({
  name: "center-crop",
  summary: "the middle of the image",
  deferred: true,
  options: z.strictObject({
    size: sizeOption.describe(
      "pixels of both sides, or [height, width]; an image that is smaller is padded with black",
    ),
    masks: masksOption,
    key: keyOption,
  }),
  create({ size, ...fields }) {
    const crop = {
      ...sizeOf(size),
      padding: [0, 0, 0, 0],
      padIfNeeded: false,
      paddingMode: "constant",
      fill: [0],
    } as const;
    return (sample: ImageSample) => operateOnAll(sample, fields, "center-crop", { type: "crop", crop });
  },
});
