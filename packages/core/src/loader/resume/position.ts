/** What an epoch has handed out so far: kept up to date at each batch, turned into a state on demand. */
import type { Fetched } from "../../workers/main-end/requests.js";
import type { ShardState } from "../../workers/making/stream.js";
import type { Job, Plan } from "../assignment.js";
import type { BadOfEpoch } from "../bad/bad-samples.js";
import type { OnIdle } from "../idle-workers.js";
import type { LoaderState } from "./state.js";

export interface PositionOptions {
  readonly workers: number;
  /** How many shards a stream has; undefined for a map-style dataset. */
  readonly shards: number | undefined;
  readonly inOrder: boolean;
  /** Batches that the epoch has, where that is known. */
  readonly length: number | undefined;
  /** Counts bad samples, where they are passed over. */
  readonly bad?: BadOfEpoch | undefined;
  /** Told of workers whose shards had nothing in them, once the others have shown that there is more than a little. */
  readonly onIdle?: OnIdle | undefined;
}

/** Batches for each worker from which on a stream is more than a little. */
const batchesEach = 2;

export class Position {
  #step: number;
  #worker: number;
  #complete = false;
  /** Workers that ended without a sample. */
  readonly #idle = new Set<number>();
  readonly #also: Set<number>;
  readonly #shards: (ShardState | null)[] | undefined;

  readonly #options: PositionOptions;

  constructor(
    readonly epoch: number,
    options: PositionOptions,
    from?: LoaderState,
  ) {
    this.#options = options;
    this.#step = from?.step ?? 0;
    this.#worker = from?.worker ?? 0;
    this.#also = new Set(from?.also);
    const { shards } = options;
    this.#shards =
      shards === undefined ? undefined : Array.from({ length: shards }, (_, i) => from?.shards?.[i] ?? null);
  }

  /** Steps from `step` on that were handed out already. */
  get also(): ReadonlySet<number> {
    return this.#also;
  }

  get step(): number {
    return this.#step;
  }

  get worker(): number {
    return this.#worker;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Workers whose shard had ended where this position was taken. */
  get retired(): number[] {
    return (this.#shards ?? []).flatMap((shard, i) => (shard?.done ? [i] : []));
  }

  shard(worker: number): ShardState | undefined {
    return this.#shards?.[worker] ?? undefined;
  }

  /** Samples that a batch was to be made of; of a stream, those that were read for it. */
  placesOf({ worker, indices }: Job, { shard }: Fetched): number {
    if (indices !== undefined) return typeof indices === "number" ? 1 : indices.length;
    return readBy(shard) - readBy(this.shard(worker));
  }

  /** A batch was handed out, or nothing was left of it. In order, one that failed before it counts as handed out too: its caller went on. */
  deliver({ step, worker }: Job, { shard }: Fetched): void {
    const { inOrder, length, workers } = this.#options;
    if (this.#shards !== undefined) {
      if (shard !== undefined) this.#shards[worker] = shard;
      if (step === length) warnBeyond(length, workers);
      if (this.#idle.size > 0 && step >= batchesEach * workers)
        this.#options.onIdle?.(this.#idle.size, workers);
    }
    if (inOrder || this.#shards !== undefined) {
      this.#step = step + 1;
    } else {
      this.#also.add(step);
      while (this.#also.delete(this.#step)) this.#step++;
    }
    this.#worker = (worker + 1) % workers;
  }

  /** A worker has nothing more. */
  retire(worker: number): void {
    if (this.#shards?.[worker] === null) this.#idle.add(worker);
  }

  finish(): void {
    this.#complete = true;
  }

  /** Is there nothing left? `plan` may be asked to look one batch ahead; a stream has ended when all shards say so. */
  isOver(plan: Plan): boolean {
    if (this.#complete) return true;
    if (this.#shards !== undefined) return this.#shards.every((shard) => shard?.done === true);
    return this.#also.size === 0 && plan.endsBefore(this.#step, this.#options.length);
  }

  /** The part of a state that this position knows, where it is not over. */
  state(): Omit<LoaderState, "version" | "fingerprint" | "generator"> {
    return {
      epoch: this.epoch,
      step: this.#step,
      ...(this.#also.size > 0 && { also: [...this.#also] }),
      ...(this.#shards !== undefined && { shards: [...this.#shards], worker: this.#worker }),
      ...(this.#options.bad !== undefined && { bad: this.#options.bad.save() }),
    };
  }
}

function readBy(shard: ShardState | undefined): number {
  return (shard?.read ?? 0) + (shard?.bad ?? 0);
}

/** torch warns at each batch beyond the length; once an epoch says the same. */
function warnBeyond(length: number, workers: number): void {
  const hint = workers > 1 ? "; every worker reads the whole stream unless it shards itself by `shard`" : "";
  process.emitWarning(`a stream gives more than the ${length} batches that its length says${hint}`, {
    code: "MILLRACE_LENGTH",
  });
}
