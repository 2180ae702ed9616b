/** Copies arrays of a batch to the device, so that the batch can be released and filled again at once. */
import { MillraceError, type NdArray } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { type Engine, tensorType } from "./engine.js";

/**
 * A tensor with the array's own shape. The values are always copied first: the cpu and tensorflow backends keep the
 * array they are given, and read it only when it is used.
 */
export function upload(engine: Engine, array: NdArray): Tensor {
  const shape = [...array.shape];
  return tensorType(array.dtype) === "int32"
    ? engine.tensor(new Int32Array(array.data), shape, "int32")
    : engine.tensor(new Float32Array(array.data), shape, "float32");
}

/** The same, always as float32. */
export function uploadFloat(engine: Engine, array: NdArray): Tensor {
  return engine.tensor(new Float32Array(array.data), [...array.shape], "float32");
}

/**
 * What errors call the row that element `position` of a batch's array lies in: its sample, unless a collate function has
 * joined samples, or parted them.
 */
export function rowName(
  { data, shape: [rows] }: Pick<NdArray, "data" | "shape">,
  position: number,
  indices: readonly number[],
): string {
  const row = Math.floor((position * rows) / data.length);
  return indices.length === rows ? `sample ${indices[row]}` : `row ${row} of the batch`;
}

/** Raises TRAINING_INPUT, naming the sample, if a value is NaN or infinite; `role` is what it is called. */
export function checkFinite(array: NdArray, role: string, indices: readonly number[]): void {
  if (array.dtype !== "float32" && array.dtype !== "float64") return;
  const { data } = array;
  const perSample = data.length / array.shape[0];
  for (let i = 0; i < data.length; i++) {
    if (data[i] - data[i] === 0) continue;
    throw new MillraceError(
      "TRAINING_INPUT",
      `every number of the ${role} must be finite, was ${data[i]} at position ${i % perSample}`,
      {
        hint: "Drop or replace such values in the source or with a transform.",
        where: [rowName(array, i, indices)],
      },
    );
  }
}
