/** The texts of samples that are tokenized, and what is said where they are none. */
import { didYouMean, MillraceError } from "@millrace/core";
import { isPlainObject, kindOf } from "@millrace/core/dataloader";

export type Sample = Readonly<Record<string, unknown>>;

/** The text under `field`, halves of surrogate pairs in it as U+FFFD. Errors: TRANSFORM_INPUT. */
export function textOf(sample: Sample, field: string, transform: string): string {
  const value = isPlainObject(sample) ? sample[field] : undefined;
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  throw noText(sample, field, transform);
}

/** The same of one value of a column. */
export function textIn(value: unknown, field: string, transform: string): string {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  throw noText({ [field]: value ?? null }, field, transform);
}

/** The column of texts under `field`. Errors: TRANSFORM_INPUT. */
export function columnOf(
  columns: Readonly<Record<string, unknown>>,
  field: string,
  transform: string,
): readonly unknown[] {
  const column = columns[field];
  if (Array.isArray(column)) return column;
  throw noText(columns, field, transform);
}

function noText(sample: unknown, field: string, transform: string): MillraceError {
  if (!isPlainObject(sample)) {
    return new MillraceError(
      "TRANSFORM_INPUT",
      `${transform} needs samples with fields by name, was given ${kindOf(sample)}`,
    );
  }
  const value = sample[field];
  if (value === undefined) {
    const known = Object.keys(sample);
    return new MillraceError(
      "TRANSFORM_INPUT",
      `${transform} needs a field of the sample, but there is no "${field}"${didYouMean(field, known)}`,
      { hint: `Fields: ${known.join(", ") || "none"}. Name the one that holds the text in \`field\`.` },
    );
  }
  return new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs texts, but "${field}" is ${value === null ? "missing" : shown(value)}`,
    { hint: value === null ? fillHint : castHint },
  );
}

const fillHint = "Put a `fill-missing` before it, or let the source leave out such samples.";
const castHint = "Name the field that holds the text in `field`, or make texts of it with `cast`.";

function shown(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}
