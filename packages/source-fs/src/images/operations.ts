/** What is done to images, whether they are pixels already or still a file. */
import type { NdArray } from "@millrace/core";
import { type Crop, type ResizedCrop, resizedCropWindow } from "../pixels/crops.js";
import { flipHorizontally, flipVertically } from "../pixels/mirror.js";
import type { Pixels } from "../pixels/pixels.js";
import { toGrayscale } from "./luma.js";
import { resizedCrop } from "./resized-crop.js";
import { type ResizeSettings, resizePixels } from "./sharp-engine.js";
import type { SideSettings } from "./fit.js";
import { bySide, cropped } from "./wanted.js";

/** What can be put off until the image is decoded: plain data, with the random numbers that it needs. */
export type ImageOperation =
  | { readonly type: "resize"; readonly settings: ResizeSettings }
  | { readonly type: "resize-side"; readonly side: SideSettings; readonly kernel: ResizeSettings["kernel"] }
  | { readonly type: "grayscale"; readonly channels: 1 | 3 }
  | { readonly type: "flip"; readonly axis: "horizontal" | "vertical" }
  | { readonly type: "crop"; readonly crop: Crop }
  | { readonly type: "resized-crop"; readonly crop: ResizedCrop };

/** One operation on pixels [height, width, channels] that are there already. */
export function applyOperation(pixels: NdArray, operation: ImageOperation): NdArray | Promise<NdArray> {
  const [height, width] = pixels.shape;
  switch (operation.type) {
    case "resize":
      return resizePixels(pixels, operation.settings);
    case "resize-side":
      return resizePixels(pixels, bySide(operation, { width, height }));
    case "grayscale":
      return toGrayscale(pixels, operation.channels);
    case "flip":
      return operation.axis === "horizontal"
        ? flipHorizontally(pixels as Pixels)
        : flipVertically(pixels as Pixels);
    case "crop":
      return cropped(pixels, operation.crop);
    case "resized-crop":
      return resizedCrop(
        pixels as Pixels,
        resizedCropWindow(operation.crop, { width, height }),
        operation.crop,
      );
    default:
      return operation satisfies never;
  }
}
