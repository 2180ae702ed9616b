/** Calls that wait on a thread of libuv's, few at a time, for the file system needs those threads too. */
import type { Collective } from "../calls/calls.js";

/** Of the four that libuv has. */
const mostAtOnce = 2;

/**
 * Begins calls in the order in which they were asked for, whatever their channels. As all ranks ask in the same order, the
 * first that is still under way is so on every rank, and no two can wait for each other.
 */
export class Threads {
  #begun: Promise<void> = Promise.resolve();
  #running = 0;
  #ended: (() => void) | undefined;

  /** Calls when its turn has come and `ready` has settled; gives what the call returned. */
  async run(ready: Promise<unknown>, { wait }: Collective, values: readonly unknown[]): Promise<number> {
    const before = this.#begun;
    const begin = async (): Promise<Promise<number>[]> => {
      await before;
      await ready;
      while (this.#running >= mostAtOnce) {
        await new Promise<void>((resolve) => {
          this.#ended = resolve;
        });
      }
      // In an array, lest the next one waits until this one has ended.
      return [this.#call(wait, values)];
    };
    const own = begin();
    this.#begun = own.then(() => undefined);
    const [result] = await own;
    return result;
  }

  #call(wait: Collective["wait"], values: readonly unknown[]): Promise<number> {
    this.#running++;
    return new Promise((resolve, reject) => {
      wait.async(...values, (error: Error | null, result: number) => {
        this.#running--;
        this.#ended?.();
        if (error === null) resolve(result);
        else reject(error);
      });
    });
  }
}
