/** Where a loader stands, as small JSON, and the proof that it goes on with the same stream of batches. */
import { createHash } from "node:crypto";
import type { DType } from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import type { SavedBad } from "../bad/epoch-bad.js";
import type { EpochOrder } from "../order.js";
import type { ShardState } from "../../workers/making/stream.js";

/** What makes two loaders give the same batches; each entry is named in the message where it differs. */
export interface Fingerprint {
  /** Length of the dataset and its first and last key, or "stream". */
  readonly dataset: string;
  /** 16 hexadecimal digits of a SHA-256 of a few keys and samples, where the dataset tells them at once. */
  readonly samples?: string;
  /** What a stream says of itself: what decides its samples and their order. Absent until Millrace 0.1. */
  readonly stream?: string;
  /** Batch size, last batch, sampler, seed. */
  readonly order: string;
  /** SHA-256 of the beginning of the epoch's order, where the sampler does not say what decides it: 16 hexadecimal digits. */
  readonly epochOrder?: string;
}

/** `loader.state()`: plain JSON. */
export interface LoaderState {
  /** 1 until Millrace 0.1: its `epochOrder` is that of the whole epoch. Such a state can be resumed. */
  readonly version: 1 | 2;
  readonly epoch: number;
  /** The next batch of the epoch, from 0. */
  readonly step: number;
  /** Batches after it that were handed out already, where order does not matter. */
  readonly also?: readonly number[];
  readonly fingerprint: Fingerprint;
  /** The workers' base seed; without it, the epoch has yet to draw one. */
  readonly baseSeed?: string;
  /** The generators as they were before the epoch's order was drawn, and before its base seed if that is absent. */
  readonly generator?: string;
  /** Element types that the first batch settled, by field; int32 is left out. */
  readonly types?: Readonly<Record<string, DType>>;
  /** For streams: where each worker's shard stands, and whose turn is next. */
  readonly shards?: readonly (ShardState | null)[];
  readonly worker?: number;
  /** Where bad samples are passed over: those of the epoch so far. */
  readonly bad?: SavedBad;
}

/**
 * `state`, if it is one; `shards` is how many shards this loader cuts a stream into.
 * @throws MillraceError STATE_INVALID, or STATE_MISMATCH for another number of shards.
 */
export function checkState(state: unknown, shards: number | undefined): LoaderState {
  const candidate = state as Partial<LoaderState> | null | undefined;
  const whole = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  if (
    (candidate?.version === 1 || candidate?.version === 2) &&
    whole(candidate.epoch) &&
    whole(candidate.step) &&
    typeof candidate.fingerprint?.dataset === "string" &&
    typeof candidate.fingerprint.order === "string" &&
    (candidate.bad === undefined || (whole(candidate.bad.samples) && whole(candidate.bad.bad)))
  ) {
    const saved = candidate.shards?.length;
    if (saved === undefined || shards === undefined || saved === shards) return candidate as LoaderState;
    throw new MillraceError(
      "STATE_MISMATCH",
      `the state has ${saved} shards of a stream, but this loader makes ${shards}`,
      {
        hint: "Resume with the same numWorkers: each worker reads a shard of its own.",
      },
    );
  }
  const version = candidate?.version === undefined ? "" : ` of version ${JSON.stringify(candidate.version)}`;
  throw new MillraceError(
    "STATE_INVALID",
    `a loader state must come from loader.state(), was ${typeof state}${version}`,
    {
      hint: "Pass the parsed JSON of a state that this version of Millrace wrote.",
    },
  );
}

/** `batches` is how many an epoch has, if that is known. @throws MillraceError STATE_INVALID for a step beyond it. */
export function checkStep({ epoch, step }: LoaderState, batches: number | undefined): void {
  if (batches === undefined || step <= batches) return;
  throw new MillraceError(
    "STATE_INVALID",
    `a state's step must be at most the number of batches, ${batches}, was ${step} of epoch ${epoch}`,
    { hint: "Pass the parsed JSON of a state unchanged." },
  );
}

/** Compares what both know; `samples`, `stream` and `epochOrder` only where both have them. */
export function compareFingerprints(saved: Fingerprint, own: Fingerprint): void {
  const names = {
    dataset: "dataset",
    samples: "keys and samples",
    stream: "stream",
    order: "order",
    epochOrder: "order of the epoch",
  } as const;
  const details = (Object.keys(names) as (keyof Fingerprint)[])
    .filter((key) => saved[key] !== undefined && own[key] !== undefined && saved[key] !== own[key])
    .map((key) => `${names[key]}: was ${saved[key]}, is ${own[key]}`);
  if (details.length === 0) return;
  throw new MillraceError("STATE_MISMATCH", "the state belongs to another stream of batches:", {
    details,
    hint: "Resume with the dataset and options that the state was taken from, or start a new run.",
  });
}

/** SHA-256 over the sizes and indices of batches until there are `most` numbers, 16 hexadecimal digits of it. */
export function digestOrder(batches: EpochOrder | undefined, most: number): string {
  const hash = createHash("sha256");
  // Hashed by the page: a call per batch would cost more than the bytes.
  const page = new Float64Array(8192);
  let used = 0;
  let count = 0;
  const write = (value: number): void => {
    count++;
    page[used++] = value;
    if (used < page.length) return;
    hash.update(page);
    used = 0;
  };
  for (let item = batches?.next(); item !== undefined && item.done !== true; item = batches?.next()) {
    const batch = item.value;
    if (typeof batch === "number") write(batch);
    else {
      write(batch.length);
      for (const index of batch) write(index);
    }
    if (count < most) continue;
    batches?.return();
    break;
  }
  return hash.update(page.subarray(0, used)).digest("hex").slice(0, 16);
}
