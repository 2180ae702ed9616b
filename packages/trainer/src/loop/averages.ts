/** Averages over an epoch in which every sample counts the same, also those of a smaller last batch. */
import type { Metrics } from "@millrace/core";
import type { Measured } from "./step.js";

export class Averages {
  readonly #names: readonly string[];
  readonly #sums: number[];
  #samples = 0;

  /** `names` are what the numbers of each step stand for. */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.#sums = names.map(() => 0);
  }

  add(measured: Measured, samples: number): void {
    for (const [i, value] of measured.entries()) this.#sums[i] += value * samples;
    this.#samples += samples;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Undefined before the first step. */
  get values(): Metrics | undefined {
    if (this.#samples === 0) return undefined;
    return Object.fromEntries(this.#names.map((name, i) => [name, this.#sums[i] / this.#samples]));
  }
}
