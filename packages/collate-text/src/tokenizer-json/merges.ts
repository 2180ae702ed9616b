/** The merges of a tokenizer.json's model. */
import type { Merges } from "../bpe/merging.js";
import { PairTable } from "../bpe/pair-table.js";

/** "a b" in older files, ["a", "b"] in newer ones. */
type Merge = string | readonly [string, string];

/**
 * `prefix` units of the second part are not in the token that is made. What has no token, where there is none: a part of a
 * merge, or what it makes.
 */
export function mergesOf(
  list: readonly Merge[],
  ids: ReadonlyMap<string, number>,
  prefix = 0,
): Merges | string {
  const ranks = new PairTable(list.length);
  const becomes = new Int32Array(list.length);
  for (const [rank, merge] of list.entries()) {
    const [left = "", right = ""] = typeof merge === "string" ? merge.split(" ", 2) : merge;
    const made = left + right.slice(prefix);
    const [a, b, whole] = [ids.get(left), ids.get(right), ids.get(made)];
    if (a === undefined || b === undefined || whole === undefined)
      return JSON.stringify(a === undefined ? left : b === undefined ? right : made);
    ranks.set(a, b, rank);
    becomes[rank] = whole;
  }
  return { ranks, made: becomes };
}
