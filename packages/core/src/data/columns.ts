/** Values known for all samples: weights, classes and lengths by column, and lengths of a field that is read once. */
import type { Dataset } from "../contracts/dataset.js";
import { isNdArray, isTypedArray } from "../contracts/ndarray.js";
import type { LengthsFrom } from "../contracts/lengths.js";
import { MillraceError } from "../errors.js";
import { didYouMean } from "../suggest.js";

/**
 * The column `name` of `dataset`, one value per sample. `option` is what asks for it, for messages: the option of a plugin,
 * or its path in the spec.
 * @throws MillraceError COLUMN_UNKNOWN, with the columns that there are.
 */
export async function requireColumn(
  dataset: Dataset,
  name: string,
  option: string,
): Promise<ArrayLike<number | string>> {
  const values = await dataset.column?.(name);
  if (values !== undefined) return values;
  const known = await knownColumns(dataset);
  throw new MillraceError(
    "COLUMN_UNKNOWN",
    `${option} must be a column that the source knows without reading its samples, was "${name}"${didYouMean(name, known)}`,
    {
      hint: known.length > 0 ? `Columns: ${known.join(", ")}.` : "This source knows no columns.",
      path: option.split("."),
    },
  );
}

/** The same, of finite numbers of at least 0. @throws MillraceError COLUMN_UNKNOWN, or OPTION_INVALID for another value. */
export async function requireNumbers(dataset: Dataset, name: string, option: string): Promise<number[]> {
  const values = await requireColumn(dataset, name, option);
  return Array.from({ length: dataset.length }, (_, index) => {
    const value = values[index];
    if (typeof value === "number" && value >= 0 && value < Infinity) return value;
    throw new MillraceError(
      "OPTION_INVALID",
      `${option} must be a column of numbers of at least 0, but "${name}" has ${typeof value === "number" ? value : JSON.stringify(value)} at ${nameOf(dataset, index)}`,
      { path: [option] },
    );
  });
}

/** The columns that a dataset answers for: of the names in its first sample, its features, and "label". */
async function knownColumns(dataset: Dataset): Promise<string[]> {
  const first = dataset.length > 0 ? await fieldsOf(dataset) : [];
  const candidates = new Set([...first, ...(dataset.facts?.features ?? []), "label"]);
  const known: string[] = [];
  for (const name of candidates) if ((await dataset.column?.(name)) !== undefined) known.push(name);
  return known;
}

async function fieldsOf(dataset: Dataset): Promise<string[]> {
  try {
    return Object.keys((await dataset.get(0, { epoch: 0 })) as object);
  } catch {
    // Only names are looked for here: what is wrong with the sample is told when it is read for its own sake.
    return [];
  }
}

/**
 * One length per sample: numbers of `column` as they are, or the number of characters where it holds text; of `field`,
 * the number of steps, for which every sample is read once. With neither, the column "length" where there is one, else
 * the first field of a sample that has a length.
 *
 * @throws MillraceError COLUMN_UNKNOWN or OPTION_INVALID.
 */
export async function lengthsOf(dataset: Dataset, from: LengthsFrom): Promise<ArrayLike<number>> {
  return (await columnLengths(dataset, from)) ?? fieldLengths(dataset, from.field);
}

/** The same where a column has them; undefined where samples have to be read. */
export async function columnLengths(
  dataset: Dataset,
  { column, field }: LengthsFrom,
): Promise<ArrayLike<number> | undefined> {
  const name =
    column ??
    (field === undefined && (await dataset.column?.("length")) !== undefined ? "length" : undefined);
  if (name === undefined) return undefined;
  const values = await requireColumn(dataset, name, "column");
  if (typeof values[0] === "string") return Array.from(values, (value) => String(value).length);
  return requireNumbers(dataset, name, "column");
}

/** Samples read at a time. */
const page = 256;

async function fieldLengths(dataset: Dataset, given: string | undefined): Promise<number[]> {
  const lengths: number[] = [];
  let field = given;
  for (let start = 0; start < dataset.length; start += page) {
    const indices = Array.from({ length: Math.min(page, dataset.length - start) }, (_, i) => start + i);
    const samples = await (dataset.getMany?.(indices, { epoch: 0 }) ??
      Promise.all(indices.map((index) => dataset.get(index, { epoch: 0 }))));
    for (const [i, sample] of samples.entries()) {
      field ??= fieldWithLength(sample);
      lengths.push(requireLength(sample, field, () => nameOf(dataset, start + i)));
    }
  }
  return lengths;
}

/** The first field of a sample that has a length. @throws MillraceError COLUMN_UNKNOWN */
export function fieldWithLength(sample: unknown): string {
  const found = Object.keys(Object(sample) as object).find(
    (key) => typeof sample === "object" && isLong(sample, key),
  );
  if (found !== undefined) return found;
  throw new MillraceError("COLUMN_UNKNOWN", "batches by length need samples with a field that has a length", {
    hint: "Name a `column` of lengths, or a `field` that is text or a list.",
  });
}

function isLong(sample: object | null, key: string): boolean {
  const value = (sample as Record<string, unknown>)[key];
  return typeof value !== "number" && fieldLength(sample, key) !== undefined;
}

function fieldLength(sample: unknown, field: string): number | undefined {
  const value = (sample as Readonly<Record<string, unknown>> | null)?.[field];
  if (isNdArray(value)) return value.shape[0];
  if (typeof value === "string" || Array.isArray(value) || isTypedArray(value)) return value.length;
  return typeof value === "number" && value >= 0 && value < Infinity ? value : undefined;
}

/** The length of a sample's field. @throws MillraceError OPTION_INVALID where it has none. */
export function requireLength(sample: unknown, field: string, name: () => string): number {
  const length = fieldLength(sample, field);
  if (length !== undefined) return length;
  const keys = Object.keys(Object(sample) as object);
  throw new MillraceError(
    "OPTION_INVALID",
    `field must name something with a length in every sample, but "${field}" of ${name()} has none${didYouMean(field, keys)}`,
    { hint: `Fields: ${keys.join(", ") || "none"}.`, path: ["field"] },
  );
}

function nameOf(dataset: Dataset, index: number): string {
  const key = dataset.key?.(index);
  return key === undefined ? `sample ${index}` : `sample ${index} (${key})`;
}
