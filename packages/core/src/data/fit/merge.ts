/** What blocks of samples taught, merged in a fixed tree: which block was seen by whom leaves no trace. */
import type { Fitter } from "../../contracts/transform.js";

/** A whole subtree: 2^height blocks. */
interface Node {
  readonly height: number;
  readonly fitters: readonly Fitter[];
}

/**
 * Takes the parts of blocks in their order. Two neighbours of one height become one of the next, as the carries of a
 * binary counter do; at the end what is left is merged from the right. The tree follows from the number of blocks alone.
 */
export class MergeTree {
  readonly #begin: () => readonly Fitter[];
  readonly #nodes: Node[] = [];

  /** `begin` makes fitters that have seen nothing. */
  constructor(begin: () => readonly Fitter[]) {
    this.#begin = begin;
  }

  /** The parts of the next block, one for each fitter. */
  add(partials: readonly unknown[]): void {
    const fitters = this.#begin();
    fitters.forEach((fitter, i) => fitter.merge(partials[i]));
    this.#nodes.push({ height: 0, fitters });
    while (this.#nodes.length > 1 && this.#nodes.at(-2)?.height === this.#nodes.at(-1)?.height) this.#join();
  }

  /** Fitters that have seen all blocks. */
  finish(): readonly Fitter[] {
    while (this.#nodes.length > 1) this.#join();
    return this.#nodes.pop()?.fitters ?? this.#begin();
  }

  #join(): void {
    const [left, right] = this.#nodes.splice(-2);
    left.fitters.forEach((fitter, i) => fitter.merge(right.fitters[i].partial()));
    this.#nodes.push({ height: left.height + 1, fitters: left.fitters });
  }
}
