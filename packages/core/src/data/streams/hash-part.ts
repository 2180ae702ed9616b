/** The part of a stream that a hash of its samples' keys, or of a field, puts into one split. */
import type { IterableDataset } from "../../contracts/iterable.js";
import { MillraceError } from "../../errors.js";
import { didYouMean } from "../../suggest.js";
import { hashPart } from "../hash-split.js";
import { filterStream } from "./map.js";
import { describeStream } from "./options.js";
import type { Passed } from "./pass.js";

/** Which part it is. */
export interface HashPart {
  /** Shares of the parts, 0 to 1. */
  readonly fractions: readonly number[];
  /** Which of them, from 0. */
  readonly part: number;
  /** Makes another division of the same keys. */
  readonly salt: string;
  /** The field that is hashed, instead of the stream's keys. */
  readonly column?: string | undefined;
}

/**
 * Samples of `stream` whose key falls into the part, as `hashSplit` divides: in every pass and for any number of shards
 * the same, without any of them having been counted.
 *
 * @throws MillraceError from a pass: SPLIT_INVALID for a sample without a key, COLUMN_UNKNOWN for one without the field;
 * both with the path in a spec.
 */
export function hashPartStream<S>(
  stream: IterableDataset<S>,
  { fractions, part, salt, column }: HashPart,
): IterableDataset<S> {
  const partOf = hashPart(fractions, salt);
  const keyOf = column === undefined ? ownKey : (sample: Passed<unknown>) => fieldOf(sample, column);
  const by = column === undefined ? "keys" : `"${column}"`;
  const description = `${describeStream(stream)}, part ${part} of ${fractions.join(" + ")} by hash of ${by}, salt "${salt}"`;
  return filterStream(stream, (sample) => partOf(keyOf(sample)) === part, description);
}

function ownKey({ key }: Passed<unknown>): string | number {
  if (key !== undefined) return key;
  throw new MillraceError(
    "SPLIT_INVALID",
    "a split by hash needs a key for each sample, but the stream gives none",
    {
      hint: "Name a `column` whose values tell samples apart.",
      path: ["split", "by"],
    },
  );
}

function fieldOf({ value }: Passed<unknown>, column: string): string | number {
  const sample = (typeof value === "object" && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const found = sample[column];
  if (typeof found === "number" || typeof found === "string") return found;
  const names = Object.keys(sample);
  const known = names.filter((name) => ["number", "string"].includes(typeof sample[name]));
  const what = column in sample ? `holds ${found === null ? "null" : typeof found}` : "is not there";
  throw new MillraceError(
    "COLUMN_UNKNOWN",
    `split.column must be a number or text in each sample, but "${column}" ${what}${didYouMean(column, known)}`,
    { hint: `Fields of numbers and texts: ${known.join(", ") || "none"}.`, path: ["split", "column"] },
  );
}
