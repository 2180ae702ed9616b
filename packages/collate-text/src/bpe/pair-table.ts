/** Numbers by pairs of token ids, in a table with open addressing: no key is made of a pair. */

export class PairTable {
  #left: Int32Array;
  #right: Int32Array;
  /** The value of each slot, plus 1; 0 for none. */
  #values: Int32Array;
  #count = 0;

  /** Room for about `expected` pairs, and more as they come. */
  constructor(expected = 1024) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * expected)));
    this.#left = new Int32Array(size);
    this.#right = new Int32Array(size);
    this.#values = new Int32Array(size);
  }

  get size(): number {
    return this.#count;
  }

  /** −1 where the pair is not there. */
  get(left: number, right: number): number {
    return this.#values[this.#slotOf(left, right)] - 1;
  }

  /** `value` is at least 0. */
  set(left: number, right: number, value: number): void {
    let slot = this.#slotOf(left, right);
    if (this.#values[slot] === 0) {
      if (2 * ++this.#count > this.#values.length) {
        this.#spread();
        slot = this.#slotOf(left, right);
      }
      this.#left[slot] = left;
      this.#right[slot] = right;
    }
    this.#values[slot] = value + 1;
  }

  #slotOf(left: number, right: number): number {
    const mask = this.#values.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (this.#values[slot] !== 0 && (this.#left[slot] !== left || this.#right[slot] !== right))
      slot = (slot + 1) & mask;
    return slot;
  }

  #spread(): void {
    const [left, right, values] = [this.#left, this.#right, this.#values];
    this.#left = new Int32Array(2 * values.length);
    this.#right = new Int32Array(2 * values.length);
    this.#values = new Int32Array(2 * values.length);
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      const slot = this.#slotOf(left[i], right[i]);
      this.#left[slot] = left[i];
      this.#right[slot] = right[i];
      this.#values[slot] = values[i];
    }
  }
}
