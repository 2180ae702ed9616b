/**
 * Random numbers by address: Philox4x32-10, a counter-based generator.
 *
 * Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). The address is the counter, so a
 * stream costs nothing to open and disturbs no other.
 */
import type { Random } from "../contracts/random.js";

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** One block of Philox4x32-10: four 32-bit words of `out` from a 128-bit counter and a 64-bit key. */
export function philox(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): Uint32Array {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) | 0;
}

/** FNV-1a, 32 bits: a stable number for a stream's name. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * The stream at (seed, epoch, index, stream): `seed` up to 2^53, the others up to 2^32. Two addresses never share a
 * number; the fourth counter word counts blocks, so a stream holds 2^34 words.
 */
export function randomAt(seed: number, epoch: number, index: number, stream = 0): Random {
  return new AddressedRandom(seed, epoch, index, stream);
}

class AddressedRandom implements Random {
  readonly #words = new Uint32Array(4);
  #next = 4;
  #block = 0;
  #spare: number | undefined;

  constructor(
    private readonly seed: number,
    private readonly epoch: number,
    private readonly index: number,
    private readonly stream: number,
  ) {}

  uniform(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  integer(below: number): number {
    if (!(Number.isInteger(below) && below >= 1 && below <= 0x100000000)) {
      throw new RangeError(`integer(below) needs a whole number from 1 to 2^32, was ${below}`);
    }
    // Words above the largest multiple of `below` are drawn again, so that every value is equally likely.
    const limit = 0x100000000 - (0x100000000 % below);
    let word = this.#word();
    while (word >= limit) word = this.#word();
    return word % below;
  }

  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    // Box and Muller; 1 - u keeps the logarithm's argument above 0.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  #word(): number {
    if (this.#next === 4) {
      const keyHigh = Math.floor(this.seed / 0x100000000);
      philox(this.#words, this.index, this.epoch, this.stream, this.#block++, this.seed | 0, keyHigh | 0);
      this.#next = 0;
    }
    return this.#words[this.#next++];
  }
}
