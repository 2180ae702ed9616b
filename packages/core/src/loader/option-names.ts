/** The names of a DataLoader's options: what JavaScript, where no compiler looks, may have misspelt. */
import { MillraceError } from "../errors.js";
import { didYouMean } from "../suggest.js";
import type { DataLoaderOptions } from "./options.js";

/** All of them: the compiler names one that is missing here. */
const known: Readonly<Record<keyof DataLoaderOptions, true>> = {
  batchSize: true,
  shuffle: true,
  sampler: true,
  batchSampler: true,
  dropLast: true,
  numWorkers: true,
  prefetchFactor: true,
  prefetchBytes: true,
  persistentWorkers: true,
  inOrder: true,
  timeout: true,
  workerMemory: true,
  workerInit: true,
  collate: true,
  pinMemory: true,
  onError: true,
  maxRatio: true,
  quarantine: true,
  onBadSample: true,
  seed: true,
  generator: true,
  shard: true,
  cores: true,
  recipe: true,
  logger: true,
};

/** What torch's names that are not ours in camelCase are called here. */
const renamed: Readonly<Record<string, keyof DataLoaderOptions>> = {
  collateFn: "collate",
  workerInitFn: "workerInit",
  workers: "numWorkers",
};

/** torch's options that have no counterpart, and why. */
const absent: Readonly<Record<string, string>> = {
  multiprocessingContext: "Leave it out: workers are threads, not processes.",
  pinMemoryDevice: "Leave it out: pinMemory serves the device there is.",
};

/** @throws MillraceError LOADER_OPTION for what is no object, and for a name that is not known. */
export function checkNames(options: object): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new MillraceError(
      "LOADER_OPTION",
      `a DataLoader's options must be an object, was ${shown(options)}`,
      {
        hint: "Give them by name: { batchSize: 64, shuffle: true }.",
      },
    );
  }
  for (const name of Object.keys(options)) if (!Object.hasOwn(known, name)) throw unknown(name);
}

function unknown(name: string): MillraceError {
  const ours = name.replace(/_+([a-z])/gi, (_, letter: string) => letter.toUpperCase());
  const same = Object.hasOwn(renamed, ours) ? renamed[ours] : Object.hasOwn(known, ours) ? ours : undefined;
  const meant = same === undefined ? didYouMean(ours, Object.keys(known)) : ` (did you mean "${same}"?)`;
  return new MillraceError("LOADER_OPTION", `a DataLoader has no option "${name}"${meant}`, {
    hint: Object.hasOwn(absent, ours)
      ? absent[ours]
      : `Options have torch's names in camelCase: ${Object.keys(known).join(", ")}.`,
  });
}

function shown(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
