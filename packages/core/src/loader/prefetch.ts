/** One epoch in order: keeps a number of batches under way, and hands them out as they were asked for. */
import type { Batch } from "../contracts/batch.js";
import { MillraceError } from "../errors.js";
import type { Fetched } from "../workers/pool.js";

export interface EpochOptions {
  readonly epoch: number;
  /** Index lists, one per batch. */
  readonly order: Iterator<readonly number[]>;
  /** Batches under way while the caller works on one; 0 makes each when it is asked for. */
  readonly ahead: number;
  readonly signal?: AbortSignal;
  /** Makes the batch of a step. */
  readonly fetch: (step: number, indices: readonly number[]) => Promise<Fetched>;
  /** Called once, when the epoch has ended, was left early, or was aborted. */
  end(): void | Promise<void>;
}

interface UnderWay {
  readonly step: number;
  readonly indices: readonly number[];
  readonly fetched: Promise<Fetched>;
}

/**
 * The batches of one epoch. A batch that fails rejects its own `next()`; the one after it can still be asked for, so a
 * caller may go on. Leaving early gives the memory of batches under way back.
 */
export class Epoch<T> implements AsyncIterableIterator<Batch<T>> {
  readonly #options: EpochOptions;
  readonly #queue: UnderWay[] = [];
  #step = 0;
  #ordered = false;
  #ending: Promise<void> | undefined;

  constructor(options: EpochOptions) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Batch<T>, undefined>> {
    const { signal, epoch } = this.#options;
    if (signal?.aborted) return this.#abort();
    this.#fill(Math.max(1, this.#options.ahead));
    const first = this.#queue.shift();
    if (first === undefined) {
      await this.#end();
      return { done: true, value: undefined };
    }
    const { step, indices } = first;
    const fetched = await this.#orAbort(first);
    // The slot that this batch leaves open is filled while the caller works on it.
    this.#fill(this.#options.ahead);
    const { data, release } = fetched;
    return { done: false, value: { data: data as T, indices, epoch, step, release } };
  }

  /** Called by `for await` on `break`: ends the epoch. */
  async return(): Promise<IteratorResult<Batch<T>, undefined>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  #fill(target: number): void {
    const { order, fetch } = this.#options;
    while (!this.#ordered && this.#queue.length < target) {
      const { done, value: indices } = order.next();
      if (done) {
        this.#ordered = true;
        return;
      }
      const step = this.#step++;
      const fetched = fetch(step, indices);
      // Whoever takes the batch off the queue sees its fault; until then it is nobody's unhandled rejection.
      fetched.catch(() => undefined);
      this.#queue.push({ step, indices, fetched });
    }
  }

  async #orAbort({ fetched }: UnderWay): Promise<Fetched> {
    const { signal } = this.#options;
    if (signal === undefined) return fetched;
    let abort: (() => void) | undefined;
    const aborted = new Promise<"aborted">((resolve) => {
      abort = () => resolve("aborted");
      signal.addEventListener("abort", abort, { once: true });
    });
    try {
      const first = await Promise.race([fetched, aborted]);
      if (first !== "aborted") return first;
      void this.#discard(fetched);
      return await this.#abort();
    } finally {
      if (abort !== undefined) signal.removeEventListener("abort", abort);
    }
  }

  async #abort(): Promise<never> {
    await this.#end();
    throw new MillraceError("ABORTED", "loading was aborted", { cause: this.#options.signal?.reason });
  }

  #end(): Promise<void> {
    this.#ending ??= (async () => {
      this.#ordered = true;
      this.#options.order.return?.();
      const left = this.#queue.splice(0).map(({ fetched }) => this.#discard(fetched));
      await this.#options.end();
      await Promise.all(left);
    })();
    return this.#ending;
  }

  async #discard(fetched: Promise<Fetched>): Promise<void> {
    try {
      (await fetched).release();
    } catch {
      // A batch that nobody waits for may fail unheard.
    }
  }
}
