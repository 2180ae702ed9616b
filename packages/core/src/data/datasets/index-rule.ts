/** The rule for indices that core's datasets share. */
import { MillraceError } from "../../errors.js";

/**
 * The position of `index` among `length` samples; a negative index counts from the end, as in Python.
 * @throws MillraceError DATASET_INDEX for any other than −length ≤ index < length.
 */
export function resolveIndex(index: number, length: number): number {
  const position = index < 0 ? index + length : index;
  if (Number.isInteger(position) && position >= 0 && position < length) return position;
  if (length === 0) {
    throw new MillraceError(
      "DATASET_INDEX",
      `an index needs a sample, but the dataset is empty; was ${index}`,
    );
  }
  throw new MillraceError("DATASET_INDEX", `an index must lie from 0 to ${length - 1}, was ${index}`, {
    hint: `Negative indices, down to ${-length}, count from the end.`,
  });
}
