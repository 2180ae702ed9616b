/** An image that is still a file: it carries what will be done to it, and decodes when it is materialized. */
import { type Deferred, isDeferred, type NdArray } from "@millrace/core";
import { decodeFile } from "./decode-file.js";
import { toGrayscale } from "./luma.js";
import { type DecodeSettings, type ResizeSettings, resizePixels } from "./sharp-engine.js";

/** What can be put off until the image is decoded. */
export type ImageOperation =
  | { readonly type: "resize"; readonly settings: ResizeSettings }
  | { readonly type: "grayscale"; readonly channels: 1 | 3 };

/** An image to come; `apply` returns a new one with one operation more. */
export interface DeferredImage extends Deferred<NdArray> {
  readonly path: string;
  readonly operations: readonly ImageOperation[];
  apply(operation: ImageOperation): DeferredImage;
}

/**
 * The image in the file at `path`: materializes to uint8 [height, width, channels].
 *
 * The result is that of applying the operations one by one. sharp runs the steps of one pipeline in an order of its
 * own, so only a resize that comes first shares the pipeline of decoding (a large JPEG is then decoded at reduced scale, which is close to the whole and much cheaper);
 * grayscale is arithmetic on its pixels, and each further resize a pipeline more.
 */
export function deferredImage(
  path: string,
  settings: DecodeSettings,
  operations: readonly ImageOperation[] = [],
): DeferredImage {
  return {
    path,
    operations,
    apply: (operation) => deferredImage(path, settings, [...operations, operation]),
    materialize: () => decode(path, settings, operations),
  };
}

export function isDeferredImage(value: unknown): value is DeferredImage {
  return isDeferred(value) && typeof (value as Partial<DeferredImage>).apply === "function";
}

/** One operation on pixels [height, width, 1, 3 or 4] that are there already. */
export function applyOperation(pixels: NdArray, operation: ImageOperation): NdArray | Promise<NdArray> {
  return operation.type === "resize"
    ? resizePixels(pixels, operation.settings)
    : toGrayscale(pixels, operation.channels);
}

async function decode(
  path: string,
  settings: DecodeSettings,
  operations: readonly ImageOperation[],
): Promise<NdArray> {
  const [first] = operations;
  const fused = first?.type === "resize" ? first.settings : undefined;
  let pixels = await decodeFile(path, settings, fused);
  for (const operation of fused === undefined ? operations : operations.slice(1)) {
    pixels = await applyOperation(pixels, operation);
  }
  const isGray = operations.some(({ type }) => type === "grayscale");
  return settings.mode === "grayscale" && !isGray ? toGrayscale(pixels, 1) : pixels;
}
