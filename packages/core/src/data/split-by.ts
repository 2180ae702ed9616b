/** What strata, groups and hashes of a split are taken from. */
import type { Dataset } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";

/** One value per sample, or the name of a column that the dataset knows without reading its samples. */
export type SplitBy = string | ArrayLike<number | string>;

/** @throws MillraceError SPLIT_INVALID for a column that the dataset does not know, or values for other than each sample. */
export function valuesBy(dataset: Dataset, by: SplitBy): ArrayLike<number | string> {
  const values = typeof by === "string" ? dataset.column?.(by) : by;
  if (values instanceof Promise) {
    values.catch(() => {});
    throw new MillraceError(
      "SPLIT_INVALID",
      `a split needs its column at once, but that of ${JSON.stringify(by)} is a promise`,
      { hint: `Give the values themselves: await dataset.column(${JSON.stringify(by)}).` },
    );
  }
  if (values === undefined) {
    throw new MillraceError(
      "SPLIT_INVALID",
      `a split needs a column that the dataset knows without reading its samples, was ${JSON.stringify(by)}`,
      { hint: 'Most sources know "label"; otherwise give an array of values.' },
    );
  }
  if (values.length === dataset.length) return values;
  throw new MillraceError(
    "SPLIT_INVALID",
    `a split needs one value per sample: ${dataset.length} samples, ${values.length} values`,
  );
}

/** The indices of each value, values and indices in the order of `order`. */
export function groupsOf(order: Int32Array, values: ArrayLike<number | string>): number[][] {
  const groups = new Map<number | string, number[]>();
  for (const index of order) {
    const group = groups.get(values[index]);
    if (group === undefined) groups.set(values[index], [index]);
    else group.push(index);
  }
  return [...groups.values()];
}
