/** Which cells of padded sequences hold a step: by their lengths, never by the values of the cells. */
import type { Allocator, NdArray } from "@millrace/core";
import type { Side } from "./samples.js";

/** How the sequences were padded. */
export interface Padded {
  /** The padded length. */
  readonly length: number;
  readonly paddingSide: Side;
  /** False for [time, batch]; default true. */
  readonly batchFirst?: boolean;
  readonly allocator: Allocator;
}

/** 1 for each step, 0 for padding: int32 [batch, time], or [time, batch]. */
export function attentionMask(
  lengths: readonly number[],
  { length, paddingSide, batchFirst = true, allocator }: Padded,
): NdArray {
  const count = lengths.length;
  const mask = allocator.allocate("int32", batchFirst ? [count, length] : [length, count]);
  mask.data.fill(0);
  const [step, row] = batchFirst ? [1, length] : [count, 1];
  lengths.forEach((own, at) => {
    const start = paddingSide === "left" ? length - own : 0;
    for (let time = start; time < start + own; time++) mask.data[at * row + time * step] = 1;
  });
  return mask;
}
