/** A communicator, and the order of its calls. */
import type { Calls, Collective } from "../calls/calls.js";
import type { Handle } from "../library/abi.js";
import type { Threads } from "./threads.js";
import { until } from "./waiting.js";

/**
 * From here on a call waits on a thread, where MPI allows it: such calls go on while JavaScript computes, and the library
 * picks its best algorithm. Smaller ones are started and asked after: a thread would take longer to wake up.
 */
const threadBytes = 2 ** 20;

/** Calls of one communicator, one after another. */
export class Lane {
  readonly #calls: Calls;
  readonly #threads: Threads | undefined;
  readonly #communicator: Handle;
  /** What MPI reads and writes must not be freed before it is done. */
  readonly #inUse = new Set<readonly unknown[]>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(calls: Calls, communicator: Handle, threads: Threads | undefined) {
    this.#calls = calls;
    this.#communicator = communicator;
    this.#threads = threads;
  }

  /** Makes a call of `values` and the communicator, which moves this many bytes, when those before it have ended. */
  async call(collective: Collective, bytes: number, ...values: readonly unknown[]): Promise<void> {
    const before = this.#last;
    const all = [...values, this.#communicator];
    this.#inUse.add(all);
    const own =
      this.#threads !== undefined && bytes >= threadBytes
        ? this.#onThread(this.#threads, before, collective, all)
        : this.#here(before, collective, all);
    // One that failed is its caller's; those behind it still have their turn.
    this.#last = own.catch(() => undefined);
    try {
      await own;
    } finally {
      this.#inUse.delete(all);
    }
  }

  /** Settles when all calls so far have. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #onThread(
    threads: Threads,
    before: Promise<unknown>,
    collective: Collective,
    all: readonly unknown[],
  ) {
    this.#calls.check(collective.name, await threads.run(before, collective, all));
  }

  async #here(before: Promise<unknown>, { name, start }: Collective, all: readonly unknown[]) {
    await before;
    const request = new BigInt64Array(1);
    const pending = [request];
    this.#inUse.add(pending);
    try {
      this.#calls.check(name, start(...all, request));
      await until(() => this.#calls.test(request));
    } finally {
      this.#inUse.delete(pending);
    }
  }
}
