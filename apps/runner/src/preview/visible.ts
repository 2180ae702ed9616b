/** Arrays that are pictures, as bytes that an eye can judge. */
import type { Inverses } from "@millrace/core/spec";
import type { NdArray } from "@millrace/core";
import { isImage } from "../report/pixels.js";
import { rowOf } from "./looked.js";

export interface VisibleImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly bytes: Uint8Array;
}

/** The pictures of one sample: one, or several views of it. */
export type Views = readonly NdArray[];

/** The pictures in each row of a column [samples, height, width, channels], or with an axis of views; undefined for what is none. */
export function viewsOf(values: NdArray | readonly unknown[]): readonly Views[] | undefined {
  if (!("shape" in values)) return undefined;
  const rows = Array.from({ length: values.shape[0] }, (_, row) => rowOf(values, row));
  if (rows.length === 0) return undefined;
  if (isImage(rows[0])) return rows.map((row) => [row]);
  const views = rows.map((row) => Array.from({ length: row.shape[0] ?? 0 }, (_, view) => rowOf(row, view)));
  return rows[0].shape.length === 4 && views[0].length > 0 && isImage(views[0][0]) ? views : undefined;
}

/** How values of a field become visible, and what a caption says of it. */
export interface Development {
  readonly how: string;
  readonly develop: (image: NdArray) => VisibleImage;
}

/** Bytes are shown as they are; what is normalized is led back where a transform says how, else stretched over all bytes. */
export function developmentOf(field: string, { dtype }: NdArray, inverses: Inverses): Development {
  if (dtype === "uint8") return { how: "as it is", develop: (image) => visible(image, image.data) };
  const inverse = inverses(field);
  if (inverse === undefined) {
    return {
      how: "each picture stretched from its least to its greatest value",
      develop: (image) => visible(image, stretched(image.data)),
    };
  }
  return {
    how: "led back to the values before it was normalized",
    develop: (image) => visible(image, scaled(inverse.apply(image.data))),
  };
}

function visible({ shape }: NdArray, bytes: ArrayLike<number>): VisibleImage {
  const [height, width, channels] = shape;
  return { height, width, channels: channels as VisibleImage["channels"], bytes: Uint8Array.from(bytes) };
}

/** Values from 0 to 1, as images have them that are no bytes; what augmentation left outside of that is cut off. */
function scaled(values: ArrayLike<number>): Uint8ClampedArray {
  return Uint8ClampedArray.from(values, (value) => value * 255);
}

function stretched(values: ArrayLike<number>): Uint8ClampedArray {
  let least = Infinity;
  let greatest = -Infinity;
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    greatest = Math.max(greatest, values[i]);
  }
  const scale = greatest > least ? 255 / (greatest - least) : 0;
  return Uint8ClampedArray.from(values, (value) => (value - least) * scale);
}
