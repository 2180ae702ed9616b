/** Class names of a label column, and the label index of a value. */
import { didYouMean, MillraceError } from "@millrace/core";
import { className, type SqlValue } from "./sample.js";

/** Distinct class names: in numeric order if every name is a number, else in order of code units. */
export function classNames(values: Iterable<SqlValue>): string[] {
  const names = new Set<string>();
  for (const value of values) {
    const name = className(value);
    if (name !== undefined) names.add(name);
  }
  const sorted = [...names].sort();
  const numeric = sorted.every((name) => name.trim() !== "" && Number.isFinite(Number(name)));
  return numeric ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted;
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
  throw new MillraceError(
    "TABLE_INVALID",
    `${place} must hold only classes of the training source, was "${unknown}"${didYouMean(unknown, labels)}`,
    { hint: `Known classes: ${labels.slice(0, 20).join(", ")}${labels.length > 20 ? ", …" : ""}.` },
  );
}
