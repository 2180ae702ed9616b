/** The order in which calls begin that wait on threads, whatever their channels. */

/** A call that has not begun. */
export interface Waiting {
  /** Whether the calls of its channel before it have ended. */
  isNext(): boolean;
  begin(): void;
}

/**
 * Calls begin in the order in which they were asked for, which is the same on every rank: the first that is still under way
 * is so on all of them, and no two can wait for each other, however few threads there are.
 */
export class ThreadOrder {
  readonly #waiting: Waiting[] = [];

  add(call: Waiting): void {
    this.#waiting.push(call);
  }

  /** Begins what can begin now. */
  advance(): void {
    while (this.#waiting[0]?.isNext()) this.#waiting.shift()?.begin();
  }
}
