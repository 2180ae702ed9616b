/** Labels that are the indices of their classes. */
import { labelUnknown, type TypedArray } from "@millrace/core";

/** More classes than this are numbers that happen to be whole. */
const mostClasses = 65_536;

/** The names of the classes, where labels are indices: those that are known, else their numbers. Errors: LABEL_UNKNOWN. */
export function classesOf(
  path: string,
  labels: { readonly dtype: string; readonly data: TypedArray },
  known: readonly string[] | undefined,
): readonly string[] | undefined {
  if (labels.dtype.startsWith("float")) return undefined;
  let highest = -1;
  for (const label of labels.data) {
    if (label < 0) return undefined;
    if (label > highest) highest = label;
  }
  if (known === undefined) {
    return highest < mostClasses ? Array.from({ length: highest + 1 }, (_, i) => `${i}`) : undefined;
  }
  if (highest < known.length) return known;
  throw labelUnknown(String(highest), known, path);
}
