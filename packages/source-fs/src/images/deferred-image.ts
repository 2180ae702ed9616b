/** An image that is still encoded: it carries what will be done to it, and decodes when it is materialized. */
import { type DeferredImage, deferImage, type EncodedImage, type NdArray } from "@millrace/core";
import { decodeImage } from "./decode-image.js";
import { toGrayscale } from "./luma.js";
import { type DecodeSettings, type ResizeSettings, resizePixels } from "./sharp-engine.js";

/** What can be put off until the image is decoded. */
export type ImageOperation =
  | { readonly type: "resize"; readonly settings: ResizeSettings }
  | { readonly type: "grayscale"; readonly channels: 1 | 3 };

/**
 * The image in the file at a path, or of bytes: materializes to uint8 [height, width, channels].
 *
 * The result is that of applying the operations one by one. sharp runs the steps of one pipeline in an order of its
 * own, so only a resize that comes first shares the pipeline of decoding (a large JPEG is then decoded at reduced scale, which is close to the whole and much cheaper);
 * grayscale is arithmetic on its pixels, and each further resize a pipeline more.
 */
export function deferredImage(
  image: string | EncodedImage,
  settings: DecodeSettings,
  operations: readonly ImageOperation[] = [],
): DeferredImage {
  const encoded = typeof image === "string" ? { name: image } : image;
  return deferImage(
    encoded,
    (encoded, operations) => decode(encoded, settings, operations as readonly ImageOperation[]),
    operations,
  );
}

/** One operation on pixels [height, width, 1, 3 or 4] that are there already. */
export function applyOperation(pixels: NdArray, operation: ImageOperation): NdArray | Promise<NdArray> {
  return operation.type === "resize"
    ? resizePixels(pixels, operation.settings)
    : toGrayscale(pixels, operation.channels);
}

async function decode(
  image: EncodedImage,
  settings: DecodeSettings,
  operations: readonly ImageOperation[],
): Promise<NdArray> {
  const [first] = operations;
  const fused = first?.type === "resize" ? first.settings : undefined;
  let pixels = await decodeImage(image, settings, fused);
  for (const operation of fused === undefined ? operations : operations.slice(1)) {
    pixels = await applyOperation(pixels, operation);
  }
  const isGray = operations.some(({ type }) => type === "grayscale");
  return settings.mode === "grayscale" && !isGray ? toGrayscale(pixels, 1) : pixels;
}
