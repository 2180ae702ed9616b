/**
 * torch's CPU generator, bit for bit: MT19937 (Matsumoto and Nishimura 1998) seeded with the low 32 bits of the seed,
 * and the draws that torch's samplers make from it.
 */

const size = 624;
const period = 397;

/** A stream of torch's random numbers. Its state advances with every draw. */
export class Generator {
  readonly #state = new Uint32Array(size);
  #next = size;

  /** `seed` is a whole number; as in torch's CPU generator its low 32 bits count. */
  constructor(seed: number | bigint = 0) {
    this.manualSeed(seed);
  }

  /** Starts the stream over, as `torch.Generator.manual_seed` does. */
  manualSeed(seed: number | bigint): this {
    const state = this.#state;
    state[0] = Number(BigInt.asUintN(32, BigInt(seed)));
    for (let i = 1; i < size; i++) {
      const previous = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(previous, 1812433253) + i;
    }
    this.#next = size;
    return this;
  }

  /** The next 32 random bits, unsigned. */
  random32(): number {
    if (this.#next === size) this.#twist();
    let word = this.#state[this.#next++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  /** The next 64 random bits, unsigned: the first draw is the upper half. */
  random64(): bigint {
    const high = BigInt(this.random32());
    return (high << 32n) | BigInt(this.random32());
  }

  /** Uniform in [0, 1), 53 bits: torch's double. */
  uniform(): number {
    // The low 53 bits of random64, without the cost of a bigint.
    const high = this.random32() & 0x1fffff;
    return (high * 0x100000000 + this.random32()) / 0x20000000000000;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < size; i++) {
      const mixed = (state[i] & 0x80000000) | (state[(i + 1) % size] & 0x7fffffff);
      state[i] = state[(i + period) % size] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

/** A random permutation of 0 … n − 1 (`torch.randperm`); 4 bytes per element. */
export function randperm(n: number, generator: Generator): Int32Array {
  const permutation = new Int32Array(n);
  for (let i = 0; i < n; i++) permutation[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const j = i + (generator.random32() % (n - i));
    const swapped = permutation[i];
    permutation[i] = permutation[j];
    permutation[j] = swapped;
  }
  return permutation;
}
