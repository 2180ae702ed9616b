/** A communicator, and the order of its calls. */
import { type Patience, whileWaiting } from "@millrace/core";
import type { Calls, Collective } from "../calls/calls.js";
import type { Handle } from "../library/abi.js";
import type { ThreadOrder } from "./thread-order.js";
import { until } from "./waiting.js";

/**
 * From here on a call waits on a thread, where MPI allows it: such calls go on while JavaScript computes, and the library
 * picks its best algorithm. Smaller ones are started and asked after: a thread would take longer to wake up.
 */
const threadBytes = 2 ** 20;

interface Job {
  readonly onThread: boolean;
  /** Makes the call, and settles when it has ended. What MPI reads and writes is held here, lest it be freed before. */
  readonly make: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Calls of one communicator, one after another. One that nothing is in the way of begins at once, not when the event loop
 * comes round: a sum may be asked for in the midst of a backward pass.
 */
export class Lane {
  readonly #calls: Calls;
  /** Undefined where all calls must come from the main thread. */
  readonly #order: ThreadOrder | undefined;
  readonly #communicator: Handle;
  readonly #patience: Patience;
  readonly #waiting: Job[] = [];
  #underWay: Job | undefined;

  constructor(calls: Calls, communicator: Handle, order: ThreadOrder | undefined, patience: Patience) {
    this.#calls = calls;
    this.#patience = patience;
    this.#communicator = communicator;
    this.#order = order;
  }

  /** Makes a call of `values` and the communicator, which moves this many bytes, when those before it have ended. */
  call(collective: Collective, bytes: number, ...values: readonly unknown[]): Promise<void> {
    const all = [...values, this.#communicator];
    const onThread = this.#order !== undefined && bytes >= threadBytes;
    const { name } = collective;
    let isOver = false;
    const make = () =>
      whileWaiting<void>(
        this.#patience,
        (resolve, reject) => {
          const made = onThread ? this.#onThread(collective, all) : this.#here(collective, all, () => isOver);
          made.then(resolve, reject);
        },
        () => `every rank must come to ${name}`,
        () => {
          isOver = true;
        },
      );
    return new Promise((resolve, reject) => {
      const job: Job = { onThread, make, resolve, reject };
      this.#waiting.push(job);
      if (onThread) {
        const isNext = () => this.#underWay === undefined && this.#waiting[0] === job;
        this.#order?.add({ isNext, begin: () => this.#begin() });
      }
      this.#advance();
    });
  }

  #advance(): void {
    if (this.#underWay !== undefined || this.#waiting.length === 0) return;
    if (this.#waiting[0].onThread) this.#order?.advance();
    else this.#begin();
  }

  #begin(): void {
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#underWay = job;
    const ended = () => {
      this.#underWay = undefined;
      this.#advance();
    };
    job.make().then(job.resolve, job.reject).finally(ended);
  }

  async #onThread({ name, wait }: Collective, all: readonly unknown[]): Promise<void> {
    const result = await new Promise<number>((resolve, reject) => {
      wait.async(...all, (error: Error | null, returned: number) => {
        if (error === null) resolve(returned);
        else reject(error);
      });
    });
    this.#calls.check(name, result);
  }

  async #here({ name, start }: Collective, all: readonly unknown[], isOver: () => boolean): Promise<void> {
    const request = new BigInt64Array(1);
    this.#calls.check(name, start(...all, request));
    await until(() => isOver() || this.#calls.test(request));
  }
}
