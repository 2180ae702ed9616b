/** An IDX file of images as samples: slices along its first axis. */
import { type DType, type NdArray, sizeOf } from "@millrace/core";

/** What one image is. */
export interface ImageForm {
  readonly type: DType;
  readonly shape: readonly number[];
}

/** The images of bytes of a file of rank 3 gain an axis of one channel. */
export function formOf({ dtype, shape: [, ...own] }: NdArray): ImageForm {
  return { type: dtype, shape: dtype === "uint8" && own.length === 2 ? [...own, 1] : own };
}

/** The image at `index`, a view of the whole array: nobody may write to it. */
export function sliceOf({ dtype, data }: NdArray, { shape }: ImageForm, index: number): NdArray {
  const size = sizeOf(shape);
  return { dtype, shape, data: data.subarray(index * size, (index + 1) * size) };
}

/** What a person calls the image at `index`. */
export function keyOf(path: string, index: number): string {
  return `${path}#${index}`;
}
