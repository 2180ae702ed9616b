/** A queue of numbers in shared memory, from one thread to another. The only place of Atomics: cells by name. */

/**
 * Counters of numbers written and taken so far, modulo 2³²; 1 while the taker wants to be woken, and 1 until it is awake.
 * Each on a cache line.
 */
const WRITTEN = 0;
const TAKEN = 16;
const WAITING = 32;
const ASLEEP = 48;
const countersBytes = 256;

/** Memory for a queue of so many numbers, a power of two. */
export function queueMemory(capacity: number): SharedArrayBuffer {
  return new SharedArrayBuffer(countersBytes + capacity * Float64Array.BYTES_PER_ELEMENT);
}

/**
 * Both ends of a queue: one thread writes, one takes. Numbers are stored plainly; storing the counter makes all of
 * those before it visible at once.
 */
export class NumberQueue {
  readonly #counters: Int32Array;
  readonly #numbers: Float64Array;
  readonly #mask: number;
  /** Of this end: where it writes or takes next. */
  #at = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#counters = new Int32Array(memory, 0, countersBytes / Int32Array.BYTES_PER_ELEMENT);
    this.#numbers = new Float64Array(memory, countersBytes);
    this.#mask = this.#numbers.length - 1;
  }

  /** For the writer: numbers that fit now. */
  get space(): number {
    const waiting = (this.#at - Atomics.load(this.#counters, TAKEN)) | 0;
    return this.#numbers.length - waiting;
  }

  /** For the writer; the other end sees it after `publish`. */
  write(value: number): void {
    this.#numbers[this.#at & this.#mask] = value;
    this.#at = (this.#at + 1) | 0;
  }

  /** For the writer: hands over what was written, and wakes the other end if it waits: once, however much comes. */
  publish(): void {
    Atomics.store(this.#counters, WRITTEN, this.#at);
    if (Atomics.exchange(this.#counters, WAITING, 0) === 1) Atomics.notify(this.#counters, WRITTEN);
  }

  /** For the writer: numbers taken so far, where the taker sleeps although there are more; undefined otherwise. */
  get sleptThrough(): number | undefined {
    const taken = Atomics.load(this.#counters, TAKEN);
    return taken === this.#at || Atomics.load(this.#counters, ASLEEP) === 0 ? undefined : taken;
  }

  /** For the taker: numbers taken so far, where there are more; undefined otherwise. */
  get untaken(): number | undefined {
    return this.ready > 0 ? this.#at : undefined;
  }

  /** For the taker: numbers that are there. */
  get ready(): number {
    return (Atomics.load(this.#counters, WRITTEN) - this.#at) | 0;
  }

  /** For the taker; there must be one. */
  take(): number {
    const value = this.#numbers[this.#at & this.#mask];
    this.#at = (this.#at + 1) | 0;
    return value;
  }

  /** For the taker: a number further on, left where it is. */
  peek(further: number): number {
    return this.#numbers[(this.#at + further) & this.#mask];
  }

  /** For the taker: gives back the room of what it took. */
  free(): void {
    Atomics.store(this.#counters, TAKEN, this.#at);
  }

  /**
   * For the taker: resolves when something is there, or with `wake`; whoever waited says `awake`. The event loop runs
   * meanwhile; a pending wait does not keep the program alive.
   */
  wait(): Promise<unknown> | undefined {
    // Said before the counter is looked at: a writer either sees this, or has counted before.
    Atomics.store(this.#counters, WAITING, 1);
    const { async, value } = Atomics.waitAsync(this.#counters, WRITTEN, this.#at);
    if (async) {
      Atomics.store(this.#counters, ASLEEP, 1);
      return value;
    }
    Atomics.store(this.#counters, WAITING, 0);
    return undefined;
  }

  /** For the taker: it goes on. */
  awake(): void {
    Atomics.store(this.#counters, ASLEEP, 0);
  }

  /** Ends a wait that nothing will come for. */
  wake(): void {
    Atomics.notify(this.#counters, WRITTEN);
  }
}
