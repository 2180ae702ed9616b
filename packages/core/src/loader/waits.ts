/** Calls of `next` that wait. Each can be ended at once, whatever it waits for: that may never come. */

/** By what the calls of one iteration are ended. */
export interface WaitRules {
  readonly iteration: object;
  readonly signal?: AbortSignal | undefined;
  /** Most seconds to wait; 0 waits for ever. */
  readonly timeout: number;
  /** What a call rejects with when the signal aborts. */
  readonly aborted: () => Error;
}

/** A timer's longest time; more would be none at all. */
const longestMs = 2 ** 31 - 1;

/** All calls that wait, over the iterations of a loader. */
export class Waits {
  /** In no order. Mostly one, which comes and goes with each batch: a Set would be rebuilt over and over. */
  readonly #waiting: Wait[] = [];

  /**
   * What `promise` gives, unless the call is stopped before. `late` says what it rejects with when the time is over, and
   * `over` is called when it does not wait any more: true if it was stopped.
   */
  for<R>(
    promise: Promise<R>,
    rules: WaitRules,
    late?: () => Promise<Error>,
    over?: (stopped: boolean) => void,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const wait = new Wait(this.#waiting, rules, reject, over);
      if (rules.signal !== undefined || rules.timeout > 0) wait.limit(late);
      promise.then(
        (value) => {
          if (wait.settle(false)) resolve(value);
        },
        (error: Error) => {
          if (wait.settle(false)) reject(error);
        },
      );
    });
  }

  /** Every call that waits, or those of one iteration, reject at once. */
  stop(error: Error, iteration?: object): void {
    for (const wait of this.#waiting.slice()) {
      if (iteration === undefined || wait.rules.iteration === iteration) wait.stop(error);
    }
  }
}

class Wait {
  /** Its place among those that wait; -1 once it does not. */
  #place: number;
  #timer: NodeJS.Timeout | undefined;
  #abort: (() => void) | undefined;

  constructor(
    readonly waiting: Wait[],
    readonly rules: WaitRules,
    readonly reject: (error: Error) => void,
    readonly over: ((stopped: boolean) => void) | undefined,
  ) {
    this.#place = waiting.push(this) - 1;
  }

  limit(late: (() => Promise<Error>) | undefined): void {
    const { signal, timeout, aborted } = this.rules;
    if (signal !== undefined) {
      this.#abort = () => this.stop(aborted());
      signal.addEventListener("abort", this.#abort, { once: true });
    }
    if (timeout > 0 && late !== undefined) {
      this.#timer = setTimeout(() => this.stop(late()), Math.min(timeout * 1000, longestMs));
    } else if (signal !== undefined) {
      // A signal may be all that the program still waits for, and does not keep it alive by itself.
      this.#timer = setInterval(() => undefined, longestMs);
    }
  }

  /** False if it was settled already. */
  settle(stopped: boolean): boolean {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#abort !== undefined) this.rules.signal?.removeEventListener("abort", this.#abort);
    if (this.#place < 0) return false;
    const last = this.waiting.pop();
    if (last !== undefined && last !== this) {
      this.waiting[this.#place] = last;
      last.#place = this.#place;
    }
    this.#place = -1;
    this.over?.(stopped);
    return true;
  }

  stop(error: Error | Promise<Error>): void {
    if (!this.settle(true)) return;
    Promise.resolve(error).then(this.reject, this.reject);
  }
}
