/** The last and the best value of a metric over the epochs. */
import type { EpochResult } from "@millrace/core/spec";

export type MeasuredSplit = "validation" | "train";

export interface Best {
  readonly last: number;
  /** Undefined where no value was a finite number. */
  readonly best?: { readonly value: number; readonly epoch: number };
}

/** Accuracy and the like are best when high, losses and errors when low. */
export function isBestLow(name: string): boolean {
  return /loss|error|perplexity/i.test(name);
}

/** Undefined where the epochs do not have it. */
export function bestOf(epochs: readonly EpochResult[], split: MeasuredSplit, name: string): Best | undefined {
  const values = epochs.flatMap(({ epoch, [split]: metrics }) =>
    metrics?.[name] === undefined ? [] : [{ epoch, value: metrics[name] }],
  );
  const last = values.at(-1)?.value;
  if (last === undefined) return undefined;
  const sign = isBestLow(name) ? 1 : -1;
  const finite = values.filter(({ value }) => Number.isFinite(value));
  const [first] = finite.toSorted((a, b) => sign * (a.value - b.value));
  return { last, ...(first && { best: first }) };
}
