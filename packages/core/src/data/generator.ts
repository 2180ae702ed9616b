/**
 * torch's CPU generator, bit for bit: MT19937 (Matsumoto and Nishimura 1998) seeded with the low 32 bits of the seed,
 * and the draws that torch's samplers make from it.
 */
import type { StatefulGenerator } from "../contracts/sampler.js";
import { MillraceError } from "../errors.js";
import { Permutation } from "./permutation.js";

const size = 624;
const period = 397;

/** What `torch.Generator()` starts from when nobody seeds it. */
const defaultSeed = 67280421310721n;

/** A state is this, then base64 of: the seed (8 bytes), the position (4), and the 624 words, all little-endian. */
const statePrefix = "mt19937:";
const stateBytes = 8 + 4 + size * 4;

/** torch draws from ranges below this with 32 bits, from longer ones with 64. */
const longRange = 2 ** 28;

/** A stream of torch's random numbers (torch.Generator on the CPU). Its state advances with every draw; 2.5 kB. */
export class Generator implements StatefulGenerator {
  readonly #state = new Uint32Array(size);
  #next = size;
  #seed = 0n;
  /** How often the words were renewed: with the position in them, how many numbers were drawn. */
  #twists = 0;
  /** Who draws the numbers up to `end` instead, before this one goes on behind them. */
  #lent: { readonly to: Generator; readonly end: number } | undefined;

  /** `seed` is a whole number from -2^63 to 2^64 − 1, of which the low 32 bits count; OPTION_INVALID otherwise. */
  constructor(seed: number | bigint = defaultSeed) {
    this.manualSeed(seed);
  }

  /** Starts the stream over, as `torch.Generator.manual_seed` does. */
  manualSeed(seed: number | bigint): this {
    this.#seed = checkedSeed(seed);
    this.#lent = undefined;
    const state = this.#state;
    state[0] = Number(BigInt.asUintN(32, this.#seed));
    for (let i = 1; i < size; i++) {
      const previous = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(previous, 1812433253) + i;
    }
    this.#next = size;
    return this;
  }

  /** The seed the stream was last started with, as an unsigned 64-bit number (`torch.Generator.initial_seed`). */
  get initialSeed(): bigint {
    return this.#seed;
  }

  /** The next 32 random bits, unsigned. */
  random32(): number {
    if (this.#next === size) this.#renew();
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

  /** A whole number, 0 ≤ n < `high` (one element of `torch.randint`); `high` from 1 to 2^53 − 1. */
  randint(high: number): number {
    if (!(Number.isSafeInteger(high) && high >= 1)) {
      throw new MillraceError("OPTION_INVALID", `randint needs a positive whole number, was ${high}`);
    }
    if (high < longRange) return this.random32() % high;
    return Number(this.random64() % BigInt(high));
  }

  /** Numbers of 32 bits that `randint` takes. */
  static drawsOf(high: number): number {
    return high < longRange ? 1 : 2;
  }

  /** What torch's DataLoader draws first in every epoch, to seed its workers: a whole number below 2^63. */
  baseSeed(): bigint {
    return BigInt.asUintN(63, this.random64());
  }

  /** Passes over `count` numbers of 32 bits. */
  discard(count: number): this {
    this.#settle();
    let left = count;
    while (left > size - this.#next) {
      left -= size - this.#next;
      this.#twist();
    }
    this.#next += left;
    return this;
  }

  /**
   * A generator that draws the next `count` numbers of 32 bits, which this one passes over. That costs nothing until this
   * one is used again, and nothing then either if the other has drawn them all.
   */
  lend(count: number): Generator {
    const to = this.clone();
    this.#lent = { to, end: to.#drawn + count };
    this.#next = size;
    return to;
  }

  /** Everything the next draws depend on, as 3.3 kB of text (`torch.Generator.get_state`). */
  state(): string {
    this.#settle();
    const bytes = Buffer.alloc(stateBytes);
    bytes.writeBigUInt64LE(this.#seed);
    bytes.writeUInt32LE(this.#next, 8);
    this.#state.forEach((word, i) => bytes.writeUInt32LE(word, 12 + 4 * i));
    return statePrefix + bytes.toString("base64");
  }

  /** Goes on where `state()` was taken. OPTION_INVALID, and the generator unchanged, if the text is no such state. */
  setState(state: string): void {
    const bytes = decodedState(state);
    this.#lent = undefined;
    this.#seed = bytes.readBigUInt64LE();
    this.#next = bytes.readUInt32LE(8);
    for (let i = 0; i < size; i++) this.#state[i] = bytes.readUInt32LE(12 + 4 * i);
  }

  /** A generator of its own that draws the same numbers from here on (`torch.Generator.clone_state`). */
  clone(): Generator {
    this.#settle();
    const copy = new Generator(this.#seed);
    copy.#take(this);
    return copy;
  }

  get #drawn(): number {
    return this.#twists * size + this.#next;
  }

  #take(other: Generator): void {
    this.#state.set(other.#state);
    this.#next = other.#next;
  }

  #renew(): void {
    this.#settle();
    if (this.#next === size) this.#twist();
  }

  #settle(): void {
    if (this.#lent === undefined) return;
    const { to, end } = this.#lent;
    this.#lent = undefined;
    this.#take(to);
    this.discard(end - to.#drawn);
  }

  #twist(): void {
    const state = this.#state;
    let i = 0;
    for (; i < size - period; i++) state[i] = state[i + period] ^ mix(state[i], state[i + 1]);
    for (; i < size - 1; i++) state[i] = state[i + period - size] ^ mix(state[i], state[i + 1]);
    state[i] = state[period - 1] ^ mix(state[i], state[0]);
    this.#next = 0;
    this.#twists++;
  }
}

function mix(upper: number, lower: number): number {
  return (((upper & 0x80000000) | (lower & 0x7fffffff)) >>> 1) ^ (-(lower & 1) & 0x9908b0df);
}

function checkedSeed(seed: number | bigint): bigint {
  const whole = typeof seed === "bigint" ? seed : Number.isSafeInteger(seed) ? BigInt(seed) : undefined;
  if (whole !== undefined && whole >= -(2n ** 63n) && whole < 2n ** 64n) return BigInt.asUintN(64, whole);
  throw new MillraceError(
    "OPTION_INVALID",
    `a seed must be a whole number from -2^63 to 2^64 - 1, was ${String(seed)}`,
    { hint: "Give a number that is exact (up to 2^53), or a bigint." },
  );
}

function decodedState(state: unknown): Buffer {
  const text = typeof state === "string" && state.startsWith(statePrefix) ? state : "";
  const encoded = text.slice(statePrefix.length);
  const bytes = Buffer.from(encoded, "base64");
  // Decoding skips what is not base64, so that only encoding again shows a damaged text. A generator whose words are
  // all zero would draw zeros for ever.
  const sound =
    bytes.length === stateBytes &&
    bytes.toString("base64") === encoded &&
    bytes.readUInt32LE(8) <= size &&
    bytes.subarray(12).some((byte) => byte !== 0);
  if (sound) return bytes;
  throw new MillraceError(
    "OPTION_INVALID",
    `a generator's state must come from state(), was ${brief(state)}`,
    {
      hint: "Give the whole text, unchanged.",
    },
  );
}

function brief(value: unknown): string {
  if (typeof value !== "string") return value === null ? "null" : typeof value;
  return value.length > 24 ? `"${value.slice(0, 24)}…" of length ${value.length}` : JSON.stringify(value);
}

/**
 * A random permutation of 0 … n − 1 (`torch.randperm`); 4 bytes per element, so n < 2^31. OPTION_INVALID for any other n.
 */
export function randperm(n: number, generator: Generator): Int32Array<ArrayBuffer> {
  return new Permutation(n, generator).toArray();
}
