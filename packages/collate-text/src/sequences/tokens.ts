/** Token ids of samples, and arrays of a batch that are filled row by row. */
import { type Allocator, type DatasetFacts, MillraceError, type NdArray } from "@millrace/core";
import { type Fields, type Side, sequencesOf, type Truncation } from "./samples.js";

/** The label of steps that have no answer: what the trainer leaves out (`ignoreIndex`), as torch's cross-entropy does. */
export const noTarget = -100;

/**
 * The token ids of each sample, cut to `maxLength`; `option` is the one that names the field.
 * @throws MillraceError COLLATE_MISMATCH, or COLLATE_TYPE for what is no row of whole numbers of 32 bits.
 */
export function tokensOf(
  samples: readonly Fields[],
  field: string,
  option: string,
  truncation?: Truncation,
): Int32Array[] {
  return sequencesOf(samples, field, option, truncation).map(({ data, trailing }, entry) => {
    if (data instanceof Int32Array && trailing.length === 0) return data;
    const tokens = Int32Array.from(data as ArrayLike<number>);
    const stray = tokens.findIndex((token, i) => token !== data[i]);
    if (trailing.length === 0 && stray < 0) return tokens;
    const was =
      trailing.length > 0 ? `steps of shape [${trailing.join(", ")}]` : `${data[stray]} at ${stray}`;
    throw new MillraceError(
      "COLLATE_TYPE",
      `token ids must be a row of whole numbers, but "${field}" of entry ${entry} has ${was}`,
      { entry, hint: "Make them with a tokenizer among the transforms." },
    );
  });
}

/** Rows of one length, filled from one side: int32 [rows, length]. */
export function filled(
  rows: readonly ArrayLike<number>[],
  {
    length,
    side = "right",
    fill,
    allocator,
  }: {
    readonly length: number;
    /** Where padding goes. */
    readonly side?: Side;
    /** What stands in it. */
    readonly fill: number;
    readonly allocator: Allocator;
  },
): NdArray {
  const array = allocator.allocate("int32", [rows.length, length]);
  array.data.fill(fill);
  rows.forEach((row, i) => array.data.set(row, i * length + (side === "left" ? length - row.length : 0)));
  return array;
}

/** The longest of them, rounded up to a multiple; one step at least, since models cannot be asked about arrays of nothing. */
export function widest(rows: readonly ArrayLike<number>[], multiple: number): number {
  const longest = rows.reduce((most, { length }) => Math.max(most, length), 1);
  return Math.ceil(longest / multiple) * multiple;
}

/** The ids of the special tokens of the vocabulary that tokenizers state. */
export function specialTokens({ vocabulary }: DatasetFacts): readonly number[] {
  const { special } = (vocabulary ?? {}) as { readonly special?: unknown };
  return Array.isArray(special) ? special.filter((id) => typeof id === "number") : [];
}
