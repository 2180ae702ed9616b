/** Arrays in files: where their elements lie, found from headers that are checked before anything is allocated. */
import { MillraceError } from "@millrace/core";
import type { StampedFile } from "../files/parts.js";
import type { Element } from "./elements.js";

/** Plain data: threads take it as it is. */
export interface StoredArray {
  /** What messages call it: "train.npy", "data.npz: images". */
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
  /** True where the first index varies fastest, as in Fortran. */
  readonly fortran: boolean;
  /** Where its elements start, in the file or in `held`. */
  readonly start: number;
  readonly file: StampedFile;
  /** The bytes themselves, where they are not read from the file. */
  readonly held?: SharedArrayBuffer;
}

/** Bytes of all elements. Errors: FILE_FORMAT where there are more than any file has. */
export function bytesOf(name: string, { bytes }: Element, shape: readonly number[]): number {
  let total: number = bytes;
  // A later 0 makes none of what was beyond all measure.
  for (const extent of shape) if (extent !== 0) total *= extent;
  if (total > Number.MAX_SAFE_INTEGER)
    throw faulty(name, `an array must fit into a file, but is [${shape.join(", ")}]`);
  return shape.includes(0) ? 0 : total;
}

/** `found` bytes of elements are there. Errors: FILE_FORMAT where they are not as many as the array has. */
export function checkFilled(name: string, element: Element, shape: readonly number[], found: number): void {
  const expected = bytesOf(name, element, shape);
  if (found === expected) return;
  const fault = found < expected ? "is truncated" : "is followed by other bytes";
  throw faulty(
    name,
    `an array must fill its file, but ${fault}: ${element.kind} [${shape.join(", ")}] takes ${expected} bytes, found ${Math.max(0, found)}`,
  );
}

export function faulty(
  name: string,
  message: string,
  hint = "Fetch or write the file again.",
): MillraceError {
  return new MillraceError("FILE_FORMAT", message, { where: [name], hint });
}
