/** Changes the size of images; fused with decoding where the image is still a file. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, operateOn } from "../images/image-field.js";
import type { ImageOperation } from "../images/operations.js";
import { sizeOf, sizeOption } from "../images/transform-options.js";

const pixels = z.int().min(1).max(65_535);

const options = z
  .strictObject({
    size: sizeOption
      .optional()
      .describe("torchvision's: the shorter side, the other one in proportion; or [height, width]"),
    maxSize: pixels
      .optional()
      .describe(
        "the most that the longer side may become, where size is one number or left out; more than size",
      ),
    width: pixels.optional().describe("pixels across, with height, instead of size"),
    height: pixels.optional().describe("pixels down"),
    fit: z
      .enum(["fill", "cover", "contain", "inside", "outside"])
      .default("fill")
      .describe(
        "of width and height: fill stretches, cover crops the centre, contain pads with black; inside and outside keep the aspect ratio, so sizes vary",
      ),
    kernel: z
      .enum(["nearest", "linear", "cubic", "mitchell", "lanczos2", "lanczos3"])
      .default("linear")
      .describe(
        "interpolation, with antialiasing when shrinking, where linear is what torchvision's Resize does",
      ),
    key: keyOption,
  })
  .superRefine(({ size, maxSize, width, height }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const isBox = width !== undefined || height !== undefined;
    if (isBox && (size !== undefined || maxSize !== undefined))
      refuse(size === undefined ? "maxSize" : "size", "goes without width and height");
    else if (isBox && (width === undefined || height === undefined))
      refuse(
        width === undefined ? "width" : "height",
        `is needed beside ${width === undefined ? "height" : "width"}`,
      );
    else if (!isBox && size === undefined && maxSize === undefined)
      refuse("size", "is needed, or width and height");
    if (maxSize === undefined || size === undefined) return;
    if (typeof size !== "number") refuse("maxSize", "goes with one number as size");
    else if (maxSize <= size) refuse("maxSize", `must be more than size, ${size}`);
  });

export default defineTransform({
  name: "resize",
  summary: "change the size of the image",
  deferred: true,
  options,
  create(settings) {
    const operation = operationOf(settings);
    return (sample: ImageSample) => operateOn(sample, settings.key, "resize", operation);
  },
});

function operationOf({
  size,
  maxSize,
  width,
  height,
  fit,
  kernel,
}: z.output<typeof options>): ImageOperation {
  if (width !== undefined && height !== undefined)
    return { type: "resize", settings: { width, height, fit, kernel } };
  return typeof size === "object"
    ? { type: "resize", settings: { ...sizeOf(size), fit: "fill", kernel } }
    : { type: "resize-side", side: { size, maxSize }, kernel };
}
