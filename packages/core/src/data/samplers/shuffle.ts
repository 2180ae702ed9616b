/** Shuffling in place. */
import type { Generator } from "../generator.js";

/** Puts `values` in random order, as `randperm` does with 0 … n − 1: the same draws, the same exchanges. */
export function shuffle(values: Int32Array | number[], generator: Generator): void {
  for (let i = 0; i < values.length - 1; i++) {
    const j = i + generator.randint(values.length - i);
    const swapped = values[i];
    values[i] = values[j];
    values[j] = swapped;
  }
}
