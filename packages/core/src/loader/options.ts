/** The options of a DataLoader, and the rules they must keep, checked in torch's order. */
import { availableParallelism } from "node:os";
import type { Collate } from "../contracts/collate.js";
import { onErrorChoices, type PlainLoaderOptions, type ProcessShard } from "../contracts/loader-options.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe } from "../contracts/recipe.js";
import type { Sampler } from "../contracts/sampler.js";
import { mostAhead, mostWorkers } from "../contracts/loader-limits.js";
import type { QuarantineEntry } from "../data/quarantine.js";
import { checkRepeatable, shown } from "../data/samplers/validation.js";
import { Generator } from "../data/generator.js";
import { MillraceError } from "../errors.js";
import { checkShard } from "./shard.js";

/** The arguments of torch's DataLoader: the plain ones, and those that only a program can give. */
// A variable of this type fits a loader of any samples, which neither unknown nor never would.
// oxlint-disable-next-line no-explicit-any
export interface DataLoaderOptions<S = any, B = unknown> extends PlainLoaderOptions {
  /** The order of indices, instead of `shuffle`: a sampler, or anything that iterates anew for each epoch. */
  readonly sampler?: Sampler | Iterable<number>;
  /** Whole batches of indices, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
  readonly batchSampler?: Sampler<readonly number[]> | Iterable<readonly number[]>;
  /** Called in each worker when its dataset is there, with the worker's id (torch's `worker_init_fn`). Must be portable. */
  readonly workerInit?: (workerId: number) => void | Promise<void>;
  /** Makes a batch of samples, or with `batchSize: null` converts one; `defaultCollate` or `defaultConvert` by default. */
  readonly collate?: Collate<S, B>;
  /** Where the order of epochs and the workers' seeds follow from, if there is no generator; 0 by default. */
  readonly seed?: number;
  /** torch's stateful generator: each epoch draws a base seed from it and then its order, bit for bit as torch does. */
  readonly generator?: Generator;
  /**
   * This process's share of each batch, where several train together: every size-th sample of it, from rank on. Options,
   * length and state are those of all; a share may be empty. `batchSize` must be at least `size`.
   */
  readonly shard?: ProcessShard;
  /** Cores that "auto" may count on; all of this machine's by default. */
  readonly cores?: number;
  /** How workers make dataset, collate and workerInit, instead of each by its own recipe. */
  readonly recipe?: Recipe;
  /** Where workers' log lines go, and the names of bad samples. */
  readonly logger?: Logger;
  /** The file that `onError: "quarantine"` appends to, one line of JSON for each bad sample. */
  readonly quarantine?: string;
  /** Called with each bad sample that is passed over, once, when its batch is handed out. */
  readonly onBadSample?: (sample: QuarantineEntry) => void;
}

/** What batches made ahead may take where nothing is said: little on a machine that trains. */
export const usualPrefetchBytes = 256 * 2 ** 20;

/**
 * torch's rules, in torch's order; those that torch checks only once iteration has begun come where they belong.
 * `ofStyle` is the rule of streams, where the dataset is one.
 * @throws MillraceError LOADER_OPTION for the first rule that is broken, OPTION_INVALID for a seed or generator that is none.
 */
export function checkOptions(
  options: DataLoaderOptions,
  ofStyle?: (options: DataLoaderOptions) => void,
): void {
  checkWorkers(options);
  ofStyle?.(options);
  checkBatches(options);
  checkKinds(options);
  checkBad(options);
  checkRandom(options);
}

function checkKinds(options: DataLoaderOptions): void {
  for (const name of ["shuffle", "dropLast", "persistentWorkers", "inOrder", "pinMemory"] as const) {
    const flag = options[name];
    if (flag === undefined || typeof flag === "boolean") continue;
    throw wrong(`${name} must be true or false, was ${shown(flag)}`, "Leave it out for the default.");
  }
  for (const name of ["collate", "workerInit", "onBadSample"] as const) {
    const hook = options[name];
    if (hook === undefined || typeof hook === "function") continue;
    throw wrong(`${name} must be a function, was ${shown(hook)}`, "Leave it out for the default.");
  }
}

function checkBad({ onError = "fail", maxRatio, quarantine, onBadSample }: DataLoaderOptions): void {
  if (!onErrorChoices.includes(onError)) {
    throw wrong(
      `onError must be one of ${onErrorChoices.join(", ")}, was ${shown(onError)}`,
      "Leave it out for fail.",
    );
  }
  if (maxRatio !== undefined && !(typeof maxRatio === "number" && maxRatio >= 0 && maxRatio <= 1)) {
    throw wrong(
      `maxRatio must be a share, 0 to 1, was ${shown(maxRatio)}`,
      "0.1 lets 10 % of the samples be bad.",
    );
  }
  if (maxRatio !== undefined && onError === "fail") {
    throw wrong(
      'maxRatio is for bad samples that are passed over, but onError is "fail"',
      `Leave it out, or set onError to ${onErrorChoices.slice(1).join(", ")}.`,
    );
  }
  if (quarantine !== undefined && (typeof quarantine !== "string" || onError !== "quarantine")) {
    throw typeof quarantine === "string"
      ? wrong(`quarantine is for onError: "quarantine", but that is ${shown(onError)}`, "Leave it out.")
      : wrong(`quarantine must be the path of a file, was ${shown(quarantine)}`, 'Name it: "bad.jsonl".');
  }
  if (onError === "quarantine" && quarantine === undefined && onBadSample === undefined) {
    throw wrong("onError: quarantine needs a file, but none was given", 'Name it: quarantine: "bad.jsonl".');
  }
}

function checkBatches(options: DataLoaderOptions): void {
  const { batchSize, shuffle = false, sampler, batchSampler, dropLast = false } = options;
  if (sampler !== undefined && shuffle) {
    throw wrong("sampler and shuffle exclude each other, but both were given", "Leave one of them out.");
  }
  if (
    batchSampler !== undefined &&
    ((batchSize ?? 1) !== 1 || batchSize === null || shuffle || sampler !== undefined || dropLast)
  ) {
    throw wrong(
      "batchSampler excludes batchSize, shuffle, sampler and dropLast, but one of them was given too",
      "Leave the others out: a batch sampler decides them all.",
    );
  }
  if (batchSize === null && dropLast) {
    throw wrong(
      "batchSize: null turns batching off and excludes dropLast, but dropLast was given",
      "Leave dropLast out.",
    );
  }
  if (batchSize !== null && batchSize !== undefined && !isWhole(batchSize, 1)) {
    throw wrong(
      `batchSize must be a whole number of at least 1, was ${shown(batchSize)}`,
      "Give the number of samples per batch.",
    );
  }
  checkShard(options.shard, batchSize, batchSampler !== undefined);
  for (const [name, order] of Object.entries({ sampler, batchSampler })) {
    if (order !== undefined) checkRepeatable(name, order, wrong);
  }
}

/** Said when the loader is made, whether something draws from them at once or not. */
function checkRandom({ seed, generator }: DataLoaderOptions): void {
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new MillraceError("OPTION_INVALID", `seed must be a whole number, was ${shown(seed)}`);
  }
  if (generator === undefined || generator instanceof Generator) return;
  throw new MillraceError("OPTION_INVALID", `generator must be a Generator, was ${shown(generator)}`, {
    hint: "Make one with `new Generator(seed)`, or give `seed`.",
  });
}

function checkWorkers({
  numWorkers = 0,
  timeout = 0,
  prefetchFactor,
  prefetchBytes,
  persistentWorkers = false,
  inOrder,
  workerInit,
  workerMemory,
}: DataLoaderOptions): void {
  if (numWorkers !== "auto" && !isWhole(numWorkers, 0)) {
    throw wrong(
      `numWorkers must be a whole number of at least 0, was ${shown(numWorkers)}`,
      'Use 0 to load in this thread, or "auto".',
    );
  }
  if (numWorkers !== "auto" && numWorkers > mostWorkers) {
    throw wrong(
      `numWorkers must be at most ${mostWorkers}, was ${numWorkers}`,
      `Each is a thread with an engine of its own; this machine runs ${availableParallelism()} at once.`,
    );
  }
  if (!(typeof timeout === "number" && timeout >= 0)) {
    throw wrong(
      `timeout must be a number of seconds of at least 0, was ${shown(timeout)}`,
      "Use 0 to wait for ever.",
    );
  }
  const needs: readonly [string, boolean][] = [
    ["timeout", timeout > 0],
    ["prefetchFactor", prefetchFactor !== undefined && prefetchFactor !== "auto"],
    ["persistentWorkers", persistentWorkers],
    ["inOrder: false", inOrder === false],
    ["workerInit", workerInit !== undefined],
    ["workerMemory", workerMemory !== undefined],
  ];
  for (const [name, given] of numWorkers === 0 ? needs : []) {
    if (given) {
      throw wrong(
        `${name} needs workers, but numWorkers is 0`,
        "Leave it out, or set numWorkers to 1 or more.",
      );
    }
  }
  if (prefetchFactor !== undefined && prefetchFactor !== "auto" && !isWhole(prefetchFactor, 1)) {
    throw wrong(
      `prefetchFactor must be a whole number of at least 1, was ${shown(prefetchFactor)}`,
      "2 is torch's default.",
    );
  }
  const ahead = Number(numWorkers) * Number(prefetchFactor ?? 0);
  if (ahead > mostAhead) {
    throw wrong(
      `numWorkers × prefetchFactor must be at most ${mostAhead} batches, was ${ahead}`,
      "Each batch made ahead costs its memory; 2 per worker is torch's default.",
    );
  }
  const amounts = [
    ["workerMemory", workerMemory, "megabytes", "Leave it out for Node's own limit."],
    ["prefetchBytes", prefetchBytes, "bytes", "Leave it out for 256 MB."],
  ] as const;
  for (const [name, value, unit, hint] of amounts) {
    if (value === undefined || isWhole(value, 1)) continue;
    throw wrong(`${name} must be a whole number of ${unit} of at least 1, was ${shown(value)}`, hint);
  }
  if (numWorkers !== "auto" && numWorkers > availableParallelism()) {
    process.emitWarning(
      `numWorkers is ${numWorkers}, but this machine runs ${availableParallelism()} threads at once: more workers may make loading slower`,
      { code: "MILLRACE_WORKERS" },
    );
  }
}

/** Streams have an order of their own; said before anything else, so that the root cause is what is read. */
export function checkStream({ shuffle, sampler, batchSampler }: DataLoaderOptions): void {
  const options = { shuffle: shuffle || undefined, sampler, batchSampler };
  const given = (["shuffle", "sampler", "batchSampler"] as const).find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw wrong(
    `a stream (iterable dataset) has an order of its own and excludes ${given}, but ${given} was given`,
    given === "shuffle"
      ? "Shuffle a window of the stream itself, with shuffleStream."
      : `Leave ${given} out.`,
  );
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least;
}

function wrong(message: string, hint: string): MillraceError {
  return new MillraceError("LOADER_OPTION", message, { hint });
}
