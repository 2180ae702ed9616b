/** The merges of a tokenizer.json's model. */
import type { Merges } from "../bpe/merging.js";
import { PairTable } from "../bpe/pair-table.js";

/** "a b" in older files, ["a", "b"] in newer ones. */
type Merge = string | readonly [string, string];

/** Undefined where a merge has a part that is no token. */
export function mergesOf(list: readonly Merge[], ids: ReadonlyMap<string, number>): Merges | undefined {
  const ranks = new PairTable(list.length);
  const made = new Int32Array(list.length);
  for (const [rank, merge] of list.entries()) {
    const [left, right] = typeof merge === "string" ? merge.split(" ", 2) : merge;
    const [a, b, whole] = [ids.get(left), ids.get(right), ids.get(left + right)];
    if (a === undefined || b === undefined || whole === undefined) return undefined;
    ranks.set(a, b, rank);
    made[rank] = whole;
  }
  return { ranks, made };
}
