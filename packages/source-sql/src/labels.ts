/** Class names of a label column, and the label index of a value. */
import { labelUnknown, sortLabels } from "@millrace/core";
import { className, type SqlValue } from "./sample.js";

/** Distinct class names in order. */
export function classNames(values: Iterable<SqlValue>): string[] {
  const names = new Set<string>();
  for (const value of values) {
    const name = className(value);
    if (name !== undefined) names.add(name);
  }
  return sortLabels(names);
}

/** Requires that every class of this table is one of `labels`, which another source has fixed. */
export function requireKnownClasses(
  classes: readonly string[],
  labels: readonly string[],
  place: string,
): void {
  const known = new Set(labels);
  const unknown = classes.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw labelUnknown(unknown, labels, place);
}
