/** One epoch: keeps a number of batches under way and hands them out, in order or as they are ready. */
import type { Batch } from "../contracts/batch.js";
import { MillraceError } from "../errors.js";
import type { Fetched } from "../workers/main-end/requests.js";
import type { EpochAccount } from "./metrics/account.js";
import type { Job, Plan } from "./assignment.js";
import { orStopped } from "./stop.js";

export interface EpochOptions {
  readonly epoch: number;
  readonly plan: Plan;
  /** Told when the caller asks, waits and is answered. */
  readonly account: EpochAccount;
  /** The number of the first batch to hand out. */
  readonly firstStep: number;
  /** Batches under way while the caller works on one; 0 makes each when it is asked for. */
  readonly ahead: () => number;
  /** False hands out whichever batch is ready first. */
  readonly inOrder: boolean;
  /** Most seconds to wait for a batch; 0 waits for ever. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Makes a batch; undefined if the worker's stream has ended. */
  readonly make: (job: Job) => Promise<Fetched | undefined>;
  /** What the maker of a job is at, innermost first: stage, sample. */
  readonly whereabouts: (job: Job) => readonly string[];
  /** Called for each batch as it is handed out. */
  readonly delivered: (job: Job, fetched: Fetched) => void;
  /** What happens to a batch's data last, such as pinning. */
  readonly finish?: (data: unknown, indices: readonly number[]) => unknown;
  /** Called once: the epoch ran to its end, or was left early or aborted; `hung` if a worker did not answer in time. */
  readonly end: (how: "complete" | "left" | "hung") => void | Promise<void>;
}

interface UnderWay {
  readonly job: Job;
  readonly fetched: Promise<Fetched | undefined>;
  /** True once it is there, or has failed. */
  ready: boolean;
}

/**
 * The batches of one epoch. A batch that fails rejects its own `next()`; the one after it can still be asked for, so a
 * caller may go on. Leaving early gives the memory of batches under way back.
 */
export class Epoch<T> implements AsyncIterableIterator<Batch<T>> {
  readonly #options: EpochOptions;
  #underWay: UnderWay[] = [];
  readonly #waitedFor = new Set<Promise<unknown>>();
  #ending: Promise<void> | undefined;
  /** The number of a stream's next batch: what was asked for may turn out to be the end of a shard. */
  #handed: number;

  constructor(options: EpochOptions) {
    this.#options = options;
    this.#handed = options.firstStep;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws MillraceError ABORTED, LOADER_TIMEOUT, WORKER_DIED, or what reading, transforming or collating threw. */
  async next(): Promise<IteratorResult<Batch<T>, undefined>> {
    const { account, ahead, plan, signal } = this.#options;
    this.#asked();
    try {
      for (;;) {
        if (signal?.aborted) return await this.#abort();
        this.#fill(Math.max(1, ahead()));
        const item = await this.#ready();
        if (item === "none") {
          await this.#end("complete");
          return { done: true, value: undefined };
        }
        if (item === "again") continue;
        const fetched = await this.#taken(item);
        if (fetched !== undefined) return { done: false, value: this.#handOut(item.job, fetched) };
        plan.retire(item.job.worker);
      }
    } finally {
      account.answered();
    }
  }

  #asked(): void {
    const { account, inOrder } = this.#options;
    let ready = 0;
    for (const item of this.#underWay) if (item.ready) ready++;
    account.asked(ready, inOrder && ready > 0 && !this.#underWay[0].ready);
  }

  #handOut(asked: Job, fetched: Fetched): Batch<T> {
    const { epoch, ahead, delivered, finish } = this.#options;
    const job = asked.indices === undefined ? { ...asked, step: this.#handed++ } : asked;
    delivered(job, fetched);
    // The place that this batch leaves is filled while the caller works on it.
    this.#fill(ahead());
    const indices = typeof job.indices === "number" ? [job.indices] : (job.indices ?? []);
    const { release } = fetched;
    const data = finish === undefined ? fetched.data : finish(fetched.data, indices);
    return { data: data as T, indices, epoch, step: job.step, release };
  }

  /** Called by `for await` on `break`: ends the epoch. */
  async return(): Promise<IteratorResult<Batch<T>, undefined>> {
    await this.#end("left");
    return { done: true, value: undefined };
  }

  #fill(target: number): void {
    if (this.#ending !== undefined) return;
    const { plan, make } = this.#options;
    while (this.#underWay.length < target) {
      const job = plan.next((worker) => this.#underWay.filter((other) => other.job.worker === worker).length);
      if (job === undefined) return;
      const item = { job, fetched: make(job), ready: false };
      this.#underWay.push(item);
      // Whoever takes the batch sees its fault; until then it is nobody's unhandled rejection.
      const ready = (): void => this.#isReady(item);
      item.fetched.then(ready, ready);
    }
  }

  #isReady(item: UnderWay): void {
    item.ready = true;
    if (this.#options.inOrder && this.#underWay.includes(item)) this.#options.account.readyBehind();
  }

  /**
   * Takes the next batch to hand out off the list. Other calls of `next` may be waiting for theirs at the same time, so
   * nothing is awaited between finding it and taking it.
   */
  async #ready(): Promise<UnderWay | "again" | "none"> {
    if (this.#underWay.length === 0) {
      if (this.#waitedFor.size === 0) return "none";
      // The last batches are being waited for: only after them is the epoch over.
      await Promise.allSettled(this.#waitedFor);
      return "again";
    }
    const item = this.#options.inOrder ? this.#underWay[0] : await this.#orStop(this.#first());
    if (!this.#underWay.includes(item)) return "again";
    this.#underWay = this.#underWay.filter((other) => other !== item);
    this.#waitedFor.add(item.fetched);
    return item;
  }

  async #taken(item: UnderWay): Promise<Fetched | undefined> {
    try {
      return await this.#orStop(item.fetched, item);
    } finally {
      this.#waitedFor.delete(item.fetched);
    }
  }

  /** Whichever is ready first, failed ones included; of those that are ready, the one asked for first. */
  #first(): Promise<UnderWay> {
    return Promise.race(
      this.#underWay.map((item) =>
        item.fetched.then(
          () => item,
          () => item,
        ),
      ),
    );
  }

  /** `promise`, unless the signal aborts or the time is over before. */
  async #orStop<R>(promise: Promise<R>, taken?: UnderWay): Promise<R> {
    const { signal, timeout } = this.#options;
    if (signal === undefined && timeout === 0) return promise;
    const outcome = await orStopped(promise, this.#options);
    if (typeof outcome === "object") return outcome.value;
    if (taken !== undefined) this.#underWay.unshift(taken);
    return outcome === "late" ? this.#late() : this.#abort();
  }

  async #abort(): Promise<never> {
    await this.#end("left");
    throw new MillraceError("ABORTED", "loading was aborted", { cause: this.#options.signal?.reason });
  }

  async #late(): Promise<never> {
    const { timeout, epoch, whereabouts } = this.#options;
    const [{ job }] = this.#underWay;
    const at = whereabouts(job);
    await this.#end("hung");
    throw new MillraceError("LOADER_TIMEOUT", `the loader timed out after ${timeout} seconds`, {
      where: [...at, `batch ${job.step}`, `epoch ${epoch}`, `worker ${job.worker}`],
      hint: "A sample takes too long or hangs; raise `timeout`, or run with numWorkers: 0 to see where.",
    });
  }

  #end(how: "complete" | "left" | "hung"): Promise<void> {
    this.#ending ??= (async () => {
      this.#options.plan.end();
      const left = this.#underWay.splice(0).map(({ fetched }) => discard(fetched));
      this.#options.account.end();
      await this.#options.end(how);
      await Promise.all(left);
    })();
    return this.#ending;
  }
}

async function discard(fetched: Promise<Fetched | undefined>): Promise<void> {
  try {
    (await fetched)?.release();
  } catch {
    // A batch that nobody waits for may fail unheard.
  }
}
