/** Pulls batches one ahead of the step, so that loading overlaps with computing, and measures the waiting. */
import type { Batch } from "@millrace/core";
import type { BatchSource } from "@millrace/core/spec";

type Pending = Promise<IteratorResult<Batch>>;

/** The batches of one epoch, in order. */
export class Feed {
  readonly #iterator: AsyncIterator<Batch>;
  readonly #aborted: Promise<void>;
  readonly #signal: AbortSignal;
  readonly #stopListening: () => void;
  #pending: Pending | undefined;
  readonly #start: number;
  #waited = 0;
  #isClosed = false;

  /** When `signal` aborts, `next` ends at once, without waiting for data. Batches before number `start` are passed over. */
  constructor(source: BatchSource, epoch: number, signal: AbortSignal, start = 0) {
    this.#start = start;
    this.#iterator = source.batches(epoch)[Symbol.asyncIterator]();
    this.#signal = signal;
    let abort = (): void => {};
    this.#aborted = new Promise((resolve) => {
      // Not with the signal's event, which would be taken for a batch.
      abort = () => resolve();
    });
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#stopListening = () => signal.removeEventListener("abort", abort);
  }

  /** Milliseconds in which `next` had to wait for a batch. */
  get waited(): number {
    return this.#waited;
  }

  get isAborted(): boolean {
    return this.#signal.aborted;
  }

  /** The batch that `next` will return, which is not waited for in `waited`. */
  async peek(): Promise<Batch | undefined> {
    this.#pending ??= this.#ask();
    const result = await Promise.race([this.#pending, this.#aborted]);
    return result === undefined || result.done === true ? undefined : result.value;
  }

  /**
   * The next batch, or undefined at the end of the epoch or after an abort; the one after it is asked for already, but
   * not before `taken` was told the number of this one: a loader leaves out the steps of which nothing is left.
   */
  async next(taken?: (step: number) => void): Promise<Batch | undefined> {
    if (this.#signal.aborted) return undefined;
    const asked = performance.now();
    this.#pending ??= this.#ask();
    const result = await Promise.race([this.#pending, this.#aborted]);
    this.#waited += performance.now() - asked;
    if (result === undefined || result.done === true) return undefined;
    taken?.(result.value.step);
    this.#pending = this.#ask();
    return result.value;
  }

  /** Ends the epoch, early or not; a batch that is still on its way is released when it arrives. Twice is harmless. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    const late = this.#pending?.then(
      (result) => {
        if (result.done !== true) result.value.release();
      },
      () => {},
    );
    const returned = this.#iterator.return?.();
    // After an abort nobody waits for data any more; the iterator ends behind the batch it is working on.
    if (this.#signal.aborted) returned?.catch(() => {});
    else await Promise.all([late, returned]);
  }

  #ask(): Pending {
    const pending = this.#fromStart();
    // A failure is raised by the `next` that waits for it; until then nobody listens.
    pending.catch(() => {});
    return pending;
  }

  async #fromStart(): Promise<IteratorResult<Batch>> {
    for (;;) {
      const result = await this.#iterator.next();
      if (result.done === true || result.value.step >= this.#start) return result;
      result.value.release();
    }
  }
}
