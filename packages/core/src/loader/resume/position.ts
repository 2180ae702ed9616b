/** What an epoch has handed out so far: kept up to date at each batch, turned into a state on demand. */
import type { Fetched } from "../../workers/main-end/requests.js";
import type { ShardState } from "../../workers/making/stream.js";
import type { Job } from "../assignment.js";
import type { LoaderState } from "./state.js";

export interface PositionOptions {
  readonly workers: number;
  readonly isStream: boolean;
  readonly inOrder: boolean;
}

export class Position {
  #step: number;
  #worker: number;
  #complete = false;
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
    this.#shards = options.isStream
      ? Array.from({ length: options.workers }, (_, i) => from?.shards?.[i] ?? null)
      : undefined;
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

  /** A batch was handed out. In order, one that failed before it counts as handed out too: its caller went on. */
  deliver({ step, worker }: Job, { shard }: Fetched): void {
    if (this.#shards !== undefined && shard !== undefined) this.#shards[worker] = shard;
    if (this.#options.inOrder || this.#options.isStream) {
      this.#step = step + 1;
    } else {
      this.#also.add(step);
      while (this.#also.delete(this.#step)) this.#step++;
    }
    this.#worker = (worker + 1) % this.#options.workers;
  }

  finish(): void {
    this.#complete = true;
  }

  /** The part of a state that this position knows. */
  state(): Omit<LoaderState, "version" | "fingerprint" | "generator"> {
    if (this.#complete) return { epoch: this.epoch + 1, step: 0 };
    return {
      epoch: this.epoch,
      step: this.#step,
      ...(this.#also.size > 0 && { also: [...this.#also] }),
      ...(this.#shards !== undefined && { shards: [...this.#shards], worker: this.#worker }),
    };
  }
}
