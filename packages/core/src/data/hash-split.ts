/** A split by a hash of each sample's key. */
import type { Dataset } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";
import { asDataset, type DatasetLike } from "./datasets/dataset-like.js";
import type { Subset } from "./datasets/subset.js";
import { type SplitBy, valuesBy } from "./split-by.js";
import { partsOf, requireFractions, subsetsOf, withRest } from "./split-parts.js";

/** What decides a `hashSplit`. */
export interface HashSplitOptions {
  /**
   * The key of each sample: a column's name, one value per sample, or a function of the index; by default the dataset's
   * own `key`. Samples of equal keys go to the same part.
   */
  readonly by?: SplitBy | ((index: number) => number | string);
  /** Makes another division of the same keys; "" by default. */
  readonly salt?: string;
}

/**
 * Divides a dataset by its samples' keys alone: a sample stays in its part when others are added, removed or reordered.
 * A key's part is where `hashKey(key, salt)` falls in [0, 1) cut by the fractions, so sizes are near to the fractions, not
 * equal to them, and a fraction that grows takes samples of its neighbours only. Order within a part is the dataset's own.
 *
 * @throws MillraceError SPLIT_INVALID for fractions that do not add up to 1, or where there are no keys; OPTION_INVALID.
 */
export function hashSplit<S>(
  dataset: DatasetLike<S>,
  fractions: readonly number[],
  { by, salt = "" }: HashSplitOptions = {},
): Subset<S>[] {
  const samples = asDataset(dataset, "the dataset of a split");
  requireFractions(fractions);
  const order = Int32Array.from({ length: samples.length }, (_, index) => index);
  const partOf = hashParts(order, keysOf(samples, by), fractions, salt);
  return subsetsOf(samples, partsOf(order, partOf, fractions.length));
}

/** The part of each index, or −1 where fractions add up to less than 1 and leave it over. */
export function hashParts(
  order: Int32Array,
  keyOf: (index: number) => number | string,
  fractions: readonly number[],
  salt: string,
): Int32Array {
  const partOf = hashPart(fractions, salt);
  return order.map((index) => partOf(keyOf(index)));
}

/** The same of one key. */
export function hashPart(fractions: readonly number[], salt: string): (key: number | string) => number {
  const ends = endsOf(withRest(fractions));
  return (key) => {
    const place = hashKey(key, salt);
    const part = ends.findIndex((end) => place < end);
    return part < fractions.length ? part : -1;
  };
}

/** A key's place in [0, 1): FNV-1a (32 bits) of salt, a zero byte and key in UTF-8, then MurmurHash3's finalizer, over 2^32. */
export function hashKey(key: number | string, salt = ""): number {
  let hash = fnv1a(`${salt}\0${key}`);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // The codes of ASCII are its bytes; any other text is encoded, at ten times the cost.
    if (code > 0x7f)
      return encoder.encode(text).reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5);
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return hash;
}

const encoder = new TextEncoder();

/** Where each part ends in [0, 1); the last part that has a share ends at 1, whatever rounding says. */
function endsOf(fractions: readonly number[]): readonly number[] {
  let end = 0;
  const last = fractions.findLastIndex((fraction) => fraction > 0);
  return fractions.map((fraction, i) => (i >= last ? 1 : (end += fraction)));
}

function keysOf(dataset: Dataset, by: HashSplitOptions["by"]): (index: number) => number | string {
  if (typeof by === "function") return by;
  if (by !== undefined) {
    const values = valuesBy(dataset, by);
    return (index) => values[index];
  }
  if (dataset.key !== undefined) return (index) => dataset.key?.(index) ?? index;
  throw new MillraceError(
    "SPLIT_INVALID",
    "a split by hash needs a key for each sample, but the dataset has none",
    {
      hint: "Give `by`: a column's name, an array of values, or a function of the index.",
    },
  );
}
