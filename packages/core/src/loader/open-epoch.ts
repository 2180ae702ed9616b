/** Puts the parts of one iteration together: where it begins, who makes its batches, and what ends with it. */
import type { Account } from "./metrics/account.js";
import { Epoch } from "./prefetch.js";
import { abandoned, warnBeyond } from "./iteration.js";
import type { Makers } from "./makers.js";
import type { DataLoaderOptions } from "./options.js";
import { type Order, statedLength } from "./order.js";
import { pin } from "../workers/pinning/pin.js";
import { Plan } from "./assignment.js";
import { Position } from "./resume/position.js";
import type { LoaderState } from "./resume/state.js";
import { TunedPass } from "./auto/tuned-pass.js";
import type { SettledTypes } from "./settled-types.js";
import type { Tuner } from "./auto/tuner.js";

/** What a loader keeps from one iteration to the next. */
export interface LoaderParts {
  readonly account: Account;
  readonly makers: Makers;
  readonly order: Order;
  readonly tuner: Tuner;
  readonly types: SettledTypes;
}

/** What is of this iteration alone. */
export interface Opening {
  readonly epoch: number;
  readonly signal?: AbortSignal;
  readonly from?: LoaderState;
  readonly baseSeed: bigint;
  readonly isStream: boolean;
}

/** @throws MillraceError LOADER_CLOSED, or WORKER_RECIPE for what workers could not make again. */
export function openEpoch<B>(
  { account, makers, order, tuner, types }: LoaderParts,
  options: Pick<DataLoaderOptions, "inOrder" | "timeout" | "pinMemory" | "persistentWorkers">,
  { epoch, signal, from, baseSeed, isStream }: Opening,
): { readonly iteration: Epoch<B>; readonly position: Position } {
  const { inOrder = true, timeout = 0, pinMemory = false, persistentWorkers = false } = options;
  const workers = Math.max(1, tuner.numWorkers);
  const position = new Position(epoch, { workers, isStream, inOrder }, from);
  const batches = isStream ? undefined : order.batches(epoch)[Symbol.iterator]();
  for (let step = 0; step < position.step; step++) batches?.next();
  const perWorker = inOrder ? undefined : (): number => tuner.prefetchFactor;
  const plan = new Plan({ workers, order: batches, perWorker, from: position });
  const length = statedLength(order);
  // Last of what can fail: from here on there is something to end.
  const pass = new TunedPass({
    tuner,
    plan,
    begin: (numWorkers) => makers.begin(numWorkers, epoch, position, baseSeed),
    made: () => makers.made(),
  });
  const iteration = new Epoch<B>({
    epoch,
    account: account.begin(epoch),
    firstStep: position.step,
    plan,
    ahead: () => tuner.ahead,
    inOrder,
    timeout,
    signal,
    make: pass.make,
    whereabouts: pass.whereabouts,
    delivered: (job, fetched) => {
      position.deliver(job, fetched);
      if (isStream && job.step === length) warnBeyond(length, tuner.numWorkers);
      if (tuner.settled) return;
      pass.consider(persistentWorkers || length === undefined ? Infinity : length - job.step - 1);
    },
    finish: (data, made) => {
      const settled = types.apply(data, made);
      return pinMemory ? pin(settled) : settled;
    },
    end: (how) => {
      if (how === "complete") position.finish();
      abandoned.unregister(pass);
      return pass.end(how);
    },
  });
  if (tuner.numWorkers > 0 || !tuner.settled) abandoned.register(iteration, pass, pass);
  return { iteration, position };
}
