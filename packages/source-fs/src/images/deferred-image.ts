/** An image that is still encoded: it carries what will be done to it, and decodes when it is materialized. */
import { type DeferredImage, deferImage, type EncodedImage, type NdArray } from "@millrace/core";
import { decodeImage } from "./decode-image.js";
import { toGrayscale } from "./luma.js";
import { applyOperation, type ImageOperation } from "./operations.js";
import type { DecodeSettings } from "./sharp-engine.js";
import { wishOf } from "./wanted.js";

/**
 * The image in the file at a path, or of bytes: materializes to uint8 [height, width, channels].
 *
 * The result is that of applying the operations one by one. sharp runs the steps of one pipeline in an order of its
 * own, so only a resize or a crop that comes first shares the pipeline of decoding (a large JPEG is then decoded at reduced scale, which is close to the whole and much
 * cheaper; of what lies outside of a crop no pixels are kept); all else is arithmetic on pixels, and each further resize a pipeline more.
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

async function decode(
  image: EncodedImage,
  settings: DecodeSettings,
  operations: readonly ImageOperation[],
): Promise<NdArray> {
  const fused = wishOf(operations[0]);
  let pixels = await decodeImage(image, settings, fused);
  for (const operation of fused === undefined ? operations : operations.slice(1)) {
    pixels = await applyOperation(pixels, operation);
  }
  const isGray = operations.some(({ type }) => type === "grayscale");
  return settings.mode === "grayscale" && !isGray ? toGrayscale(pixels, 1) : pixels;
}
