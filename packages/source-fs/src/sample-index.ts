/** The one check that every source makes of the index it is asked for. */
import { MillraceError } from "@millrace/core";

/** `index` itself, if a dataset of that length has it. Errors: DATASET_INDEX. */
export function checkedIndex(index: number, length: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index;
  throw new MillraceError("DATASET_INDEX", `an index must lie from 0 to ${length - 1}, was ${index}`);
}
