/** NumPy arrays in the files of samples. */
import { arrayConstructors, MillraceError, type NdArray, sizeOf, type TypedArray } from "@millrace/core";
import { elementReader, ownType, UnfitValue } from "../arrays/elements.js";
import { npyHeader } from "../arrays/npy-header.js";
import { toRowOrder } from "../arrays/row-order.js";
import { checkFilled } from "../arrays/stored-array.js";

const magic = Buffer.from("\x93NUMPY", "latin1");

export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** The array in a .npy file, of the element type that `npy` gives it. Errors: FILE_FORMAT, naming `place`. */
export function readNpy(bytes: Uint8Array, place: string): NdArray {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { element, shape, fortran, start } = npyHeader(place, whole);
  // Before anything is allocated: a header may say what it likes.
  checkFilled(place, element, shape, bytes.length - start);
  const dtype = ownType(element.kind);
  const data = new arrayConstructors[dtype](sizeOf(shape)) as TypedArray;
  try {
    elementReader(element, dtype)(whole.subarray(start), data, 0);
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    throw new MillraceError("FILE_FORMAT", `whole numbers must be within ±2^31, was ${error.value}`, {
      where: [place],
      hint: "Write them as floats, or leave the array out.",
    });
  }
  if (!fortran || shape.length < 2) return { dtype, shape, data };
  const ordered = new arrayConstructors[dtype](data.length) as TypedArray;
  toRowOrder(data, ordered, shape);
  return { dtype, shape, data: ordered };
}
