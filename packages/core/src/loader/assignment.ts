/** Which worker makes which batch of an epoch, and when there is no more to make. */
import type { EpochOrder, Indices } from "./order.js";

/** One batch to be made. */
export interface Job {
  /** Its place in the epoch, from 0. */
  readonly step: number;
  /** From 0; 0 also where the main thread makes it. */
  readonly worker: number;
  /** Samples of a map-style dataset: a list, or one alone where batching is off. */
  readonly indices?: Indices;
}

export interface PlanOptions {
  /** At least 1. */
  readonly workers: number;
  /** Undefined for a stream, whose workers say themselves when they are done. */
  readonly order?: EpochOrder | undefined;
  /** Most batches under way at one worker where order does not matter; undefined where it does. */
  readonly perWorker?: (() => number) | undefined;
  /** Told of each worker that has nothing more. */
  readonly onRetire?: ((worker: number) => void) | undefined;
  /** Where to begin; `order` stands there already. */
  readonly from: {
    readonly step: number;
    readonly worker: number;
    /** Steps after it that were handed out already. */
    readonly also: ReadonlySet<number>;
    /** Workers whose stream has ended already. */
    readonly retired: readonly number[];
  };
}

/** Deals batches to workers in turn, as torch does: round robin over those that have something left. */
export class Plan {
  readonly #options: PlanOptions;
  readonly #retired: Set<number>;
  readonly #skip: ReadonlySet<number>;
  #step: number;
  #worker: number;
  #done = false;
  /** True once the order itself has ended. */
  #exhausted = false;
  #workers: number;
  /** What was looked at ahead of its turn. */
  #peeked: IteratorResult<Indices, unknown> | undefined;
  #prepared = false;
  #preparing: Promise<void> | undefined;

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#workers = options.workers;
    this.#retired = new Set(options.from.retired);
    // A copy: what is handed out from now on is not to be skipped, but never made twice anyway.
    this.#skip = new Set(options.from.also);
    this.#step = options.from.step;
    this.#worker = options.from.worker;
  }

  /** What must be done before the first batch is known; undefined where it is little, or done. */
  prepare(): Promise<void> | undefined {
    if (!this.#prepared) {
      this.#prepared = true;
      this.#preparing = this.#options.order?.prepare()?.finally(() => (this.#preparing = undefined));
    }
    return this.#preparing;
  }

  /** The next batch to make; undefined if there is none, or no worker may take one now. */
  next(underWay: (worker: number) => number): Job | undefined {
    const { order } = this.#options;
    while (!this.#done) {
      const worker = this.#free(underWay);
      if (worker === undefined) return undefined;
      const item = this.#peeked ?? order?.next();
      this.#peeked = undefined;
      if (item?.done) {
        this.#done = true;
        this.#exhausted = true;
        return undefined;
      }
      const step = this.#step++;
      this.#worker = (worker + 1) % this.#workers;
      if (!this.#skip.has(step)) return { step, worker, indices: item?.value };
    }
    return undefined;
  }

  /**
   * True if the batch before `step` was the last of the epoch, which has so many where that is known: looks one ahead. A
   * stream's end is known when it has come.
   */
  endsBefore(step: number, length: number | undefined): boolean {
    const { order } = this.#options;
    if (order === undefined || step < this.#step || step < (length ?? 0)) return false;
    if (this.#exhausted) return true;
    if (this.#done) return length !== undefined;
    this.#peeked ??= order.next();
    return this.#peeked.done === true;
  }

  /** From here on there are so many workers; for map-style datasets, whose batches are the same whoever makes them. */
  widen(workers: number): void {
    this.#workers = workers;
    this.#worker = 0;
  }

  /** A worker's stream has ended. */
  retire(worker: number): void {
    this.#retired.add(worker);
    this.#options.onRetire?.(worker);
    if (this.#retired.size === this.#workers) this.end();
  }

  end(): void {
    if (!this.#done) this.#options.order?.return();
    this.#done = true;
  }

  #free(underWay: (worker: number) => number): number | undefined {
    const { perWorker } = this.#options;
    const workers = this.#workers;
    if (perWorker === undefined && this.#retired.size === 0) return this.#worker;
    const most = perWorker?.() ?? Number.POSITIVE_INFINITY;
    for (let i = 0; i < workers; i++) {
      const worker = (this.#worker + i) % workers;
      if (!this.#retired.has(worker) && underWay(worker) < most) return worker;
    }
    return undefined;
  }
}
