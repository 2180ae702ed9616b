/** Padding of sequences that are one ragged column: `padSteps` without an object per sequence. */
import { type DType, dtypeOf, type NdArray } from "../contracts/ndarray.js";
import type { Ragged } from "../contracts/ragged.js";
import { heapAllocator } from "./collate.js";
import { fillOf, type PadSequenceOptions } from "./pad-sequence.js";

/** The sequences, those that are longer than `maxLength` cut to it; `side` is the one that loses elements. */
export function cutRagged(ragged: Ragged, maxLength: number | undefined, side: "left" | "right"): Ragged {
  if (maxLength === undefined || longestOf(ragged) <= maxLength) return ragged;
  const lengths = ragged.lengths.map((length) => Math.min(length, maxLength));
  const starts =
    side === "right"
      ? ragged.starts
      : ragged.starts.map((start, i) => start + ragged.lengths[i] - lengths[i]);
  return { data: ragged.data, starts, lengths };
}

/** The length of the longest sequence; 0 for none. */
export function longestOf({ lengths }: Ragged): number {
  let longest = 0;
  for (let i = 0; i < lengths.length; i++) if (lengths[i] > longest) longest = lengths[i];
  return longest;
}

/**
 * What `padSequence` makes of the sequences, which must not be longer than `length`.
 *
 * @throws MillraceError OPTION_INVALID for a padding value beyond their type.
 */
export function padRagged(
  { data, starts, lengths }: Ragged,
  {
    batchFirst = false,
    paddingValue = 0,
    paddingSide = "right",
    length,
    allocator = heapAllocator,
  }: PadSequenceOptions & { readonly length: number },
): NdArray {
  const dtype = dtypeOf(data) as DType;
  const count = lengths.length;
  const padded = allocator.allocate(dtype, batchFirst ? [count, length] : [length, count]);
  const target = padded.data;
  target.fill(fillOf(paddingValue, dtype));
  const [row, step] = batchFirst ? [length, 1] : [1, count];
  for (let i = 0; i < count; i++) {
    const own = lengths[i];
    const from = starts[i];
    let to = i * row + (paddingSide === "left" ? length - own : 0) * step;
    for (let time = 0; time < own; time++, to += step) target[to] = data[from + time];
  }
  return padded;
}
