/** Ids by token, looked up by where a token stands in a text: no string is made of it. */
import { hashOf, TextUnits } from "../tokenizing/units.js";

/** Tokens by number, in the order in which they came, in a table with open addressing. */
export class TokenTable {
  /** The units of all tokens, one after the other. */
  #units = new Uint16Array(1024);
  #ends = new Int32Array(256);
  #hashes = new Int32Array(256);
  /** The token at each slot, plus 1; 0 for none. */
  #slots = new Int32Array(1024);
  #count = 0;

  static of(tokens: Iterable<string>): TokenTable {
    const table = new TokenTable();
    const text = new TextUnits();
    for (const token of tokens) {
      const { units, length } = text.load(token);
      table.add(units, 0, length, hashOf(units, 0, length));
    }
    return table;
  }

  /** Tokens that there are. */
  get size(): number {
    return this.#count;
  }

  /** The number of a token by its units and their hash (`hashOf`); −1 where it is not there. */
  find(units: Uint16Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const hashes = this.#hashes;
    const ends = this.#ends;
    const own = this.#units;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let token = slots[slot] - 1; token >= 0; token = slots[slot] - 1) {
      if (hashes[token] === hash) {
        let at = token === 0 ? 0 : ends[token - 1];
        const last = ends[token];
        let i = start;
        if (last - at === end - start) {
          while (at < last && own[at] === units[i]) {
            at++;
            i++;
          }
          if (at === last) return token;
        }
      }
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** The number of a token, which is taken in if it is new. */
  add(units: Uint16Array, start: number, end: number, hash: number): number {
    const slot = this.#slotOf(units, start, end, hash);
    if (this.#slots[slot] > 0) return this.#slots[slot] - 1;
    const token = this.#count++;
    const from = token === 0 ? 0 : this.#ends[token - 1];
    this.#reserve(from + end - start);
    for (let i = start; i < end; i++) this.#units[from + i - start] = units[i];
    this.#ends[token] = from + end - start;
    this.#hashes[token] = hash;
    this.#slots[slot] = token + 1;
    if (4 * this.#count > this.#slots.length) this.#spread();
    return token;
  }

  token(number: number): string {
    const from = number === 0 ? 0 : this.#ends[number - 1];
    const units = this.#units.subarray(from, this.#ends[number]);
    let text = "";
    for (let i = 0; i < units.length; i += 8192) text += String.fromCharCode(...units.subarray(i, i + 8192));
    return text;
  }

  /** Where the token is, or would be. */
  #slotOf(units: Uint16Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let token = slots[slot] - 1; token >= 0; token = slots[slot] - 1) {
      if (this.#hashes[token] === hash && this.#is(token, units, start, end)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #is(token: number, units: Uint16Array, start: number, end: number): boolean {
    const own = this.#units;
    const from = token === 0 ? 0 : this.#ends[token - 1];
    if (this.#ends[token] - from !== end - start) return false;
    for (let i = start, at = from; i < end; i++, at++) if (own[at] !== units[i]) return false;
    return true;
  }

  #reserve(units: number): void {
    if (units > this.#units.length) {
      const larger = new Uint16Array(Math.max(units, 2 * this.#units.length));
      larger.set(this.#units);
      this.#units = larger;
    }
    if (this.#count > this.#ends.length) {
      this.#ends = doubled(this.#ends);
      this.#hashes = doubled(this.#hashes);
    }
  }

  #spread(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let token = 0; token < this.#count; token++) {
      let slot = this.#hashes[token] & mask;
      while (slots[slot] > 0) slot = (slot + 1) & mask;
      slots[slot] = token + 1;
    }
    this.#slots = slots;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
