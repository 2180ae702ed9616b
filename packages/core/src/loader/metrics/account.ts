/** Keeps the time of iterations: told by each as its caller asks, waits and is answered. */
import {
  addMade,
  type Felt,
  type LoaderMetrics,
  type Made,
  nothingFelt,
  nothingMade,
  timeMetrics,
} from "./metrics.js";

/** All iterations of a loader. */
export class Account {
  readonly #made: () => Made;
  #total = nothingFelt();
  /** What had been made when counting began. */
  #before: Made = nothingMade;
  #latest: EpochAccount | undefined;

  /** `made` tells what the loader's threads have made so far. */
  constructor(made: () => Made) {
    this.#made = made;
  }

  /** `bad` is how many bad samples the epoch had before it was resumed. */
  begin(epoch: number, bad = 0): EpochAccount {
    this.#latest = new EpochAccount(epoch, this.#made, () => this.#total, bad);
    return this.#latest;
  }

  metrics(workers: LoaderMetrics["workers"]): LoaderMetrics {
    this.#latest?.pass();
    const made = addMade(this.#made(), this.#before, -1);
    return {
      ...(this.#latest !== undefined && { epoch: this.#latest.metrics() }),
      total: timeMetrics(made, this.#total),
      workers,
    };
  }

  reset(): void {
    this.#latest?.pass();
    this.#before = this.#made();
    this.#total = nothingFelt();
  }
}

/** One iteration. */
export class EpochAccount {
  readonly #epoch: number;
  readonly #made: () => Made;
  readonly #total: () => Felt;
  readonly #felt = nothingFelt();
  readonly #before: Made;
  /** What had been made when it ended. */
  #after: Made | undefined;
  /** Calls that wait, up to when their time is accounted, and since when a batch behind the awaited one is ready. */
  #waiting = 0;
  #last = performance.now();
  #readyBehind = false;

  constructor(epoch: number, made: () => Made, total: () => Felt, bad: number) {
    this.#epoch = epoch;
    this.#made = made;
    this.#total = total;
    this.#before = made();
    this.#felt.badSamples = bad;
  }

  /** The caller asks for a batch while `ready` are; `behind` is true if those are not the one whose turn it is. */
  asked(ready: number, behind: boolean): void {
    this.pass();
    this.#waiting++;
    this.#readyBehind = behind;
    const total = this.#total();
    this.#felt.asked++;
    this.#felt.ready += ready;
    total.asked++;
    total.ready += ready;
  }

  /** While the caller waits, a batch became ready whose turn it is not. */
  readyBehind(): void {
    if (this.#waiting === 0 || this.#readyBehind) return;
    this.pass();
    this.#readyBehind = true;
  }

  /** The caller has come to so many bad samples. */
  bad(samples: number): void {
    this.#felt.badSamples += samples;
    this.#total().badSamples += samples;
  }

  /** The caller has its batch, or an error, or the end. */
  answered(): void {
    this.pass();
    this.#waiting--;
    this.#readyBehind = false;
  }

  end(): void {
    this.pass();
    this.#after ??= this.#made();
  }

  /** Accounts for the time since this was called last. */
  pass(): void {
    if (this.#after !== undefined) return;
    const now = performance.now();
    const passed = now - this.#last;
    this.#last = now;
    add(this.#felt, passed, this.#waiting > 0, this.#readyBehind);
    add(this.#total(), passed, this.#waiting > 0, this.#readyBehind);
  }

  metrics(): NonNullable<LoaderMetrics["epoch"]> {
    const made = addMade(this.#after ?? this.#made(), this.#before, -1);
    return { epoch: this.#epoch, ...timeMetrics(made, this.#felt) };
  }
}

function add(felt: Felt, passed: number, waiting: boolean, behind: boolean): void {
  felt.wallMs += passed;
  if (!waiting) return;
  felt.waitMs += passed;
  if (behind) felt.orderWaitMs += passed;
}
