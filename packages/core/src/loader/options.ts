/** The rules that DataLoader options must keep, checked in torch's order. */
import { MillraceError } from "../errors.js";

/** The options that rules speak of. */
export interface CheckedOptions {
  readonly batchSize?: number;
  readonly numWorkers?: number;
  readonly prefetchFactor?: number;
  readonly persistentWorkers?: boolean;
  readonly shuffle?: boolean;
  readonly sampler?: object;
}

/** @throws MillraceError LOADER_OPTION for the first rule that is broken. */
export function checkOptions(options: CheckedOptions): void {
  const {
    batchSize = 1,
    numWorkers = 0,
    prefetchFactor,
    persistentWorkers = false,
    shuffle = false,
    sampler,
  } = options;
  if (!isWhole(numWorkers, 0)) {
    throw wrong(
      `numWorkers must be a whole number of at least 0, was ${numWorkers}`,
      "Use 0 to load in this thread.",
    );
  }
  if (prefetchFactor !== undefined && numWorkers === 0) {
    throw wrong(
      `prefetchFactor needs workers, but numWorkers is 0`,
      "Leave prefetchFactor out, or set numWorkers to 1 or more.",
    );
  }
  if (prefetchFactor !== undefined && !isWhole(prefetchFactor, 1)) {
    throw wrong(
      `prefetchFactor must be a whole number of at least 1, was ${prefetchFactor}`,
      "2 is torch's default.",
    );
  }
  if (persistentWorkers && numWorkers === 0) {
    throw wrong(
      "persistentWorkers needs workers, but numWorkers is 0",
      "Leave it out, or set numWorkers to 1 or more.",
    );
  }
  if (sampler !== undefined && shuffle) {
    throw wrong("sampler and shuffle exclude each other, but both were given", "Leave one of them out.");
  }
  if (!isWhole(batchSize, 1)) {
    throw wrong(
      `batchSize must be a whole number of at least 1, was ${batchSize}`,
      "Give the number of samples per batch.",
    );
  }
}

function isWhole(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least;
}

function wrong(message: string, hint: string): MillraceError {
  return new MillraceError("LOADER_OPTION", message, { hint });
}
