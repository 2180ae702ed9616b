/** Images that are still encoded: what sources give, transforms add to, and a decoder makes pixels of at last. */
import type { Deferred } from "./dataset.js";
import type { NdArray } from "./ndarray.js";

/** A whole image file (JPEG, PNG, …), wherever it lies. */
export interface EncodedImage {
  /** The path of the file; where there are `bytes`, what errors call them: "photos.tar: 0001.jpg", "pets id=7". */
  readonly name: string;
  /**
   * The file's content, or what reads it once it is wanted, at every call; without it, the file at `name` is read. Bytes
   * must stay as they are until the image is made.
   */
  readonly bytes?: Uint8Array | (() => Uint8Array | Promise<Uint8Array>);
}

/** One thing to be done to the pixels, with its settings, as plain data; which ones there are is for the decoder to say. */
export interface ImageOperation {
  readonly type: string;
  readonly [setting: string]: unknown;
}

/**
 * An image to come. Materializes to uint8 [height, width, channels], with all operations done, in one pass of the decoder
 * where their order allows. Errors: FILE_NOT_FOUND, FILE_FORMAT; both name the image.
 */
export interface DeferredImage extends Deferred<NdArray> {
  readonly name: string;
  /** In their order. */
  readonly operations: readonly ImageOperation[];
  /** A new one with one operation more. */
  apply(operation: ImageOperation): DeferredImage;
}

/** Makes the pixels. */
export type DecodeImage = (
  image: EncodedImage,
  operations: readonly ImageOperation[],
) => NdArray | Promise<NdArray>;

/** An image that `decode` will make, once somebody wants its pixels. */
export function deferImage(
  image: EncodedImage,
  decode: DecodeImage,
  operations: readonly ImageOperation[] = [],
): DeferredImage {
  return {
    name: image.name,
    operations,
    apply: (operation) => deferImage(image, decode, [...operations, operation]),
    materialize: () => decode(image, operations),
  };
}

/** True for an image that takes further operations. */
export function isDeferredImage(value: unknown): value is DeferredImage {
  if (typeof value !== "object" || value === null) return false;
  const { materialize, apply } = value as Partial<DeferredImage>;
  return typeof materialize === "function" && typeof apply === "function";
}
