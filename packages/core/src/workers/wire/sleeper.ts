/** Who waits for numbers: asleep while there are none, and roused where the wake-up was lost. */
import type { NumberQueue } from "./queue.js";

/** Sleeps until there is something in a queue, has it taken, and sleeps again. */
export class Sleeper {
  readonly #queue: NumberQueue;
  #closed = false;
  /** Ends a sleep, also one whose wake-up was lost. */
  #rouse: (() => void) | undefined;

  constructor(queue: NumberQueue) {
    this.#queue = queue;
  }

  async listen(take: () => void | Promise<void>): Promise<void> {
    while (!this.#closed) {
      await take();
      if (this.#queue.ready > 0) {
        // The mail that belongs to it is still on its way, and needs the event loop to turn.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const roused = new Promise<void>((resolve) => {
        this.#rouse = resolve;
      });
      await Promise.race([this.#queue.wait(), roused]);
      this.#queue.awake();
    }
  }

  rouse(): void {
    this.#rouse?.();
  }

  close(): void {
    this.#closed = true;
    this.#queue.wake();
    this.#rouse?.();
  }
}
