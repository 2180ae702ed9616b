/** A random permutation (`torch.randperm`) that is drawn as far as it is read, so that a large one holds nobody up. */
import { MillraceError } from "../errors.js";
import type { Generator } from "./generator.js";

/** From this length on torch permutes with 64-bit draws, and from the front: 32 bits would favour the small indices. */
const longPermutation = Math.floor(0xffffffff / 20);

/** Draws that are made at once: some milliseconds, as nearly each of them misses the processor's caches. */
const slice = 65_536;

/**
 * 0 … n − 1 in random order, torch's own, from a generator that nobody else draws from meanwhile; n < 2^31. Below
 * n = 2.1 · 10^8 what is read is drawn: a step each, and 4 bytes of memory per element, of which only what was touched
 * is taken from the system. Longer ones are drawn whole before the first element is known, as torch's order demands.
 */
export class Permutation {
  readonly length: number;
  readonly #generator: Generator;
  readonly #long: boolean;
  /** Each element less its place, so that fresh memory is 0 … n − 1; of a long one the elements themselves. */
  #values: Int32Array<ArrayBuffer> | undefined;
  /** Steps done. */
  #at = 0;

  /** @throws MillraceError OPTION_INVALID for a length that is no whole number below 2^31. */
  constructor(length: number, generator: Generator) {
    if (!(Number.isInteger(length) && length >= 0 && length < 2 ** 31)) {
      throw new MillraceError(
        "OPTION_INVALID",
        `a permutation's length must be from 0 to 2^31 - 1, was ${length}`,
        {
          hint: "Shuffle more samples by blocks: BlockShuffleSampler keeps 4 bytes per block, not per sample.",
        },
      );
    }
    this.length = length;
    this.#generator = generator;
    this.#long = length >= longPermutation;
  }

  /** Numbers of 32 bits that drawing a permutation of n takes. */
  static drawsOf(length: number): number {
    return length >= longPermutation ? 2 * length : Math.max(0, length - 1);
  }

  /** The element at `place`, 0 ≤ place < length. */
  at(place: number): number {
    const values = this.#drawn(place + 1);
    return this.#long ? values[place] : values[place] + place;
  }

  /** The elements from `start` to before `end`. */
  slice(start: number, end: number): number[] {
    const values = this.#drawn(end);
    const elements: number[] = [];
    if (this.#long) for (let i = start; i < end; i++) elements.push(values[i]);
    else for (let i = start; i < end; i++) elements.push(values[i] + i);
    return elements;
  }

  /** All of it; the permutation must not be used afterwards. */
  toArray(): Int32Array<ArrayBuffer> {
    const values = this.#drawn(this.length);
    if (!this.#long) for (let i = 0; i < values.length; i++) values[i] += i;
    return values;
  }

  /** Draws what comes before `end` a slice at a time, between which the thread does other things; undefined if it is little. */
  prepare(end: number): Promise<void> | undefined {
    return this.#stepsTo(end) - this.#at <= slice ? undefined : this.#drawInSlices(this.#stepsTo(end));
  }

  async #drawInSlices(steps: number): Promise<void> {
    while (this.#at < steps) {
      this.#draw(Math.min(steps, this.#at + slice));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #stepsTo(end: number): number {
    return this.#long ? this.length : Math.min(end, this.length);
  }

  #drawn(end: number): Int32Array<ArrayBuffer> {
    const steps = this.#stepsTo(end);
    return this.#values !== undefined && this.#at >= steps ? this.#values : this.#draw(steps);
  }

  #draw(steps: number): Int32Array<ArrayBuffer> {
    const values = (this.#values ??= new Int32Array(this.length));
    if (this.#long) permuteLong(values, this.#generator, this.#at, steps);
    else permute(values, this.#generator, this.#at, steps);
    this.#at = steps;
    return values;
  }
}

/** Steps of Fisher and Yates from the front (Durstenfeld 1964): an element before the step is never touched again. */
function permute(moved: Int32Array, generator: Generator, from: number, end: number): void {
  const last = Math.min(end, moved.length - 1);
  for (let i = from; i < last; i++) {
    // The remainder by way of a quotient, which is exact below 2^32 and half as long as an integer division takes.
    const drawn = generator.random32();
    const left = moved.length - i;
    const ahead = (drawn - Math.floor(drawn / left) * left) | 0;
    const j = i + ahead;
    const swapped = moved[i];
    moved[i] = moved[j] + ahead;
    moved[j] = swapped - ahead;
  }
}

function permuteLong(values: Int32Array, generator: Generator, from: number, end: number): void {
  for (let i = from; i < end; i++) {
    const high = generator.random32();
    const low = generator.random32();
    // (high · 2^32 + low) mod (i + 1) in steps of 16 bits, each of which a double holds exactly.
    const upper = ((high % (i + 1)) * 0x10000 + (low >>> 16)) % (i + 1);
    const j = (upper * 0x10000 + (low & 0xffff)) % (i + 1);
    values[i] = values[j];
    values[j] = i;
  }
}
