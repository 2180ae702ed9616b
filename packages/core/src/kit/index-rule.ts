/** The rule for indices that all sources and datasets share. */
import { MillraceError } from "../errors.js";

/**
 * `index` itself, if a dataset of `length` samples has it: what a source asks of every index it is given.
 * @throws MillraceError DATASET_INDEX for any other than the integers from 0 to length − 1.
 */
export function checkIndex(index: number, length: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index;
  throw indexInvalid(index, length);
}

/**
 * The position of `index` among `length` samples; a negative index counts from the end, as in Python.
 * @throws MillraceError DATASET_INDEX for any other than −length ≤ index < length.
 */
export function resolveIndex(index: number, length: number): number {
  const position = index < 0 ? index + length : index;
  if (Number.isInteger(position) && position >= 0 && position < length) return position;
  throw indexInvalid(index, length, `Negative indices, down to ${-length}, count from the end.`);
}

function indexInvalid(index: number, length: number, hint?: string): MillraceError {
  return length === 0
    ? new MillraceError("DATASET_INDEX", `an index needs a sample, but the dataset is empty; was ${index}`)
    : new MillraceError("DATASET_INDEX", `an index must lie from 0 to ${length - 1}, was ${index}`, { hint });
}
