/** Which worker makes which batch of an epoch, and when there is no more to make. */

/** One batch to be made. */
export interface Job {
  /** Its place in the epoch, from 0. */
  readonly step: number;
  /** From 0; 0 also where the main thread makes it. */
  readonly worker: number;
  /** Samples of a map-style dataset: a list, or one alone where batching is off. */
  readonly indices?: readonly number[] | number;
}

export interface PlanOptions {
  /** At least 1. */
  readonly workers: number;
  /** Batches of indices; undefined for a stream, whose workers say themselves when they are done. */
  readonly order?: Iterator<readonly number[] | number>;
  /** Most batches under way at one worker where order does not matter; undefined where it does. */
  readonly perWorker?: () => number;
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
  #workers: number;

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#workers = options.workers;
    this.#retired = new Set(options.from.retired);
    // A copy: what is handed out from now on is not to be skipped, but never made twice anyway.
    this.#skip = new Set(options.from.also);
    this.#step = options.from.step;
    this.#worker = options.from.worker;
  }

  /** The next batch to make; undefined if there is none, or no worker may take one now. */
  next(underWay: (worker: number) => number): Job | undefined {
    const { order } = this.#options;
    while (!this.#done) {
      const worker = this.#free(underWay);
      if (worker === undefined) return undefined;
      const item = order?.next();
      if (item?.done) {
        this.#done = true;
        return undefined;
      }
      const step = this.#step++;
      this.#worker = (worker + 1) % this.#workers;
      if (!this.#skip.has(step)) return { step, worker, indices: item?.value };
    }
    return undefined;
  }

  /** From here on there are so many workers; for map-style datasets, whose batches are the same whoever makes them. */
  widen(workers: number): void {
    this.#workers = workers;
    this.#worker = 0;
  }

  /** A worker's stream has ended. */
  retire(worker: number): void {
    this.#retired.add(worker);
    if (this.#retired.size === this.#workers) this.end();
  }

  end(): void {
    if (!this.#done) this.#options.order?.return?.();
    this.#done = true;
  }

  #free(underWay: (worker: number) => number): number | undefined {
    const { perWorker } = this.#options;
    const workers = this.#workers;
    const most = perWorker?.() ?? Number.POSITIVE_INFINITY;
    for (let i = 0; i < workers; i++) {
      const worker = (this.#worker + i) % workers;
      if (!this.#retired.has(worker) && underWay(worker) < most) return worker;
    }
    return undefined;
  }
}
