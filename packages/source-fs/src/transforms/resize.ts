/** Changes the size of images; fused with decoding where the image is still a file. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, operateOn } from "../images/image-field.js";

const size = z.int().min(1).max(65_535);

export default defineTransform({
  name: "resize",
  summary: "change the size of the image",
  deferred: true,
  options: z.strictObject({
    width: size.describe("pixels across"),
    height: size.describe("pixels down"),
    fit: z
      .enum(["fill", "cover", "contain", "inside", "outside"])
      .default("fill")
      .describe(
        "fill stretches, cover crops the centre, contain pads with black; inside and outside keep the aspect ratio, so sizes vary",
      ),
    kernel: z
      .enum(["nearest", "linear", "cubic", "mitchell", "lanczos2", "lanczos3"])
      .default("linear")
      .describe(
        "interpolation, with antialiasing when shrinking, where linear is what torchvision's Resize does",
      ),
    key: keyOption,
  }),
  create({ key, ...settings }) {
    return (sample: ImageSample) => operateOn(sample, key, "resize", { type: "resize", settings });
  },
});
