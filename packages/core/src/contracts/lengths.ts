/** Lengths that may not be known. */
import { MillraceError } from "../errors.js";
import type { BatchSource } from "./training.js";

/**
 * Where the lengths of samples come from: a column of numbers (as they are) or texts (their characters), or a field of a
 * sample (its steps), not both. With neither, the column "length" where there is one, else the first field that has a length.
 */
export interface LengthsFrom {
  readonly column?: string | undefined;
  readonly field?: string | undefined;
}

/** Batches of an epoch, where that is known; Infinity where it never ends. */
export function knownLength(source: Pick<BatchSource, "length">): number | undefined {
  return known(() => source.length);
}

/** The same of its samples. */
export function knownSamples(source: Pick<BatchSource, "samples">): number | undefined {
  return known(() => source.samples);
}

function known(read: () => number): number | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MillraceError && error.code === "LENGTH_UNKNOWN") return undefined;
    throw error;
  }
}
