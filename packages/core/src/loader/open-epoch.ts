/** Puts the parts of one iteration together: where it begins, who makes its batches, and what ends with it. */
import type { BadSamples } from "./bad/bad-samples.js";
import { totalOf } from "./bad/open.js";
import { Plan } from "./assignment.js";
import type { Tuner } from "./auto/tuner.js";
import { Auto } from "./makers/auto.js";
import type { OnIdle } from "./idle-workers.js";
import type { Makers } from "./makers/makers.js";
import type { Account } from "./metrics/account.js";
import type { DataLoaderOptions } from "./options.js";
import { statedLength } from "./order.js";
import { Epoch } from "./prefetch.js";
import { Position } from "./resume/position.js";
import type { Fingerprint, LoaderState } from "./resume/state.js";
import type { SettledTypes } from "./settled-types.js";
import { shareOf } from "./shard.js";
import { settlerOf } from "./shared-types.js";
import type { Style } from "./style.js";
import type { Waits } from "./waits.js";

/** What a loader keeps from one iteration to the next. */
export interface LoaderParts {
  readonly account: Account;
  /** What is done about bad samples; undefined where their errors are the caller's. */
  readonly bad: BadSamples | undefined;
  readonly makers: Makers;
  /** Told of workers that a stream has nothing for. */
  readonly onIdle: OnIdle;
  readonly style: Style;
  readonly tuner: Tuner;
  readonly types: SettledTypes;
  readonly waits: Waits;
}

/** What is of this iteration alone. */
export interface Opening {
  readonly epoch: number;
  readonly signal?: AbortSignal | undefined;
  readonly from?: LoaderState | undefined;
  readonly baseSeed: bigint;
}

/** An iteration that has started, as far as its loader keeps it. */
export interface Started {
  readonly position: Position;
  readonly plan: Plan;
  readonly baseSeed: bigint;
  /** The generators as they were before the epoch's order was drawn. */
  readonly generator: string | undefined;
  /** Made when the first state of this epoch is asked for. */
  fingerprint?: Fingerprint;
}

type EpochOptions = "inOrder" | "timeout" | "pinMemory" | "persistentWorkers" | "shard" | "seed";

/** @throws MillraceError LOADER_CLOSED, SAMPLER_FAILED, or WORKER_RECIPE for what workers could not make again. */
export function openEpoch<B>(
  parts: LoaderParts,
  options: Pick<DataLoaderOptions, EpochOptions>,
  { epoch, signal, from, baseSeed }: Opening,
): { readonly iteration: Epoch<B>; readonly position: Position; readonly plan: Plan } {
  const { account, bad: badSamples, makers, onIdle, style, tuner, types, waits } = parts;
  const { inOrder = true, timeout = 0, pinMemory = false, persistentWorkers = false, shard } = options;
  const isShared = (shard?.size ?? 1) > 1;
  const { order } = style;
  const workers = Math.max(1, tuner.numWorkers);
  const length = statedLength(order);
  const shards = style.shards(workers);
  const bad = badSamples?.begin(epoch, totalOf(order), from?.bad);
  const position = new Position(epoch, { workers, shards, inOrder, length, bad, onIdle }, from);
  const plan = new Plan({
    workers,
    order: shareOf(order.open(epoch, position.step), shard),
    perWorker: inOrder ? undefined : () => tuner.prefetchFactor,
    onRetire: (worker) => position.retire(worker),
    from: position,
  });
  // Last of what can fail: from here on there is something to end.
  const begin = (numWorkers: number) => makers.begin(numWorkers, { epoch, position, baseSeed });
  const batches = persistentWorkers || length === undefined ? Infinity : length;
  const maker = tuner.settled
    ? begin(tuner.numWorkers)
    : new Auto({ tuner, plan, begin, made: () => makers.made(), batches });
  const { map } = style;
  const { step } = position;
  const iteration = new Epoch<B>({
    epoch,
    plan,
    maker,
    position,
    account: account.begin(epoch, from?.bad?.bad),
    bad,
    prefetch: tuner,
    types,
    ...(isShared && map && { settle: settlerOf(parts, options.seed ?? 0, map, { epoch, step }) }),
    waits,
    rules: { inOrder, timeout, signal, pinMemory, isShared },
  });
  return { iteration, position, plan };
}

/** The base seed that a state carries. */
export function seedOf(state: LoaderState | undefined): bigint | undefined {
  return state?.baseSeed === undefined ? undefined : BigInt(state.baseSeed);
}
