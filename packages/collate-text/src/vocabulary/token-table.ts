/** Ids by token, looked up by where a token stands in a text: no string is made of it. */
import { TextUnits, TokenKey } from "../tokenizing/units.js";

/** Cells of a slot: its token's key, and the token plus 1; 0 for none. */
const slotCells = 4;

/** Tokens by number, in the order in which they came, in a table with open addressing. */
export class TokenTable {
  /** The units of all tokens, one after the other. */
  #units = new Uint16Array(1024);
  #ends = new Int32Array(256);
  #slots = new Int32Array(1024 * slotCells);
  #count = 0;

  static of(tokens: Iterable<string>): TokenTable {
    const table = new TokenTable();
    const text = new TextUnits();
    const key = new TokenKey();
    for (const token of tokens) {
      const { units, length } = text.load(token);
      table.add(units, 0, length, key.of(units, 0, length));
    }
    return table;
  }

  /** Tokens that there are. */
  get size(): number {
    return this.#count;
  }

  /** The number of a token by its units and their key; −1 where it is not there. */
  find(units: Uint16Array, start: number, end: number, key: TokenKey): number {
    return this.#slots[this.#slotOf(units, start, end, key) + 3] - 1;
  }

  /** The number of a token, which is taken in if it is new. */
  add(units: Uint16Array, start: number, end: number, key: TokenKey): number {
    const at = this.#slotOf(units, start, end, key);
    if (this.#slots[at + 3] > 0) return this.#slots[at + 3] - 1;
    const token = this.#count++;
    const from = token === 0 ? 0 : this.#ends[token - 1];
    this.#reserve(from + end - start);
    for (let i = start; i < end; i++) this.#units[from + i - start] = units[i];
    this.#ends[token] = from + end - start;
    this.#slots.set([key.low, key.high, key.shape, token + 1], at);
    if (4 * slotCells * this.#count > this.#slots.length) this.#spread();
    return token;
  }

  token(number: number): string {
    const from = number === 0 ? 0 : this.#ends[number - 1];
    const units = this.#units.subarray(from, this.#ends[number]);
    let text = "";
    for (let i = 0; i < units.length; i += 8192) text += String.fromCharCode(...units.subarray(i, i + 8192));
    return text;
  }

  /** Where the token is, or would be: its first cell. */
  #slotOf(units: Uint16Array, start: number, end: number, { low, high, shape }: TokenKey): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = firstOf(low, high) & mask;
    while (slots[at + 3] > 0) {
      if (slots[at] === low && slots[at + 1] === high && slots[at + 2] === shape) {
        if (shape >= 0 || this.#is(slots[at + 3] - 1, units, start, end)) return at;
      }
      at = (at + slotCells) & mask;
    }
    return at;
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
      const larger = new Int32Array(2 * this.#ends.length);
      larger.set(this.#ends);
      this.#ends = larger;
    }
  }

  #spread(): void {
    const before = this.#slots;
    const slots = new Int32Array(2 * before.length);
    const mask = slots.length - 1;
    for (let from = 0; from < before.length; from += slotCells) {
      if (before[from + 3] === 0) continue;
      let at = firstOf(before[from], before[from + 1]) & mask;
      while (slots[at + 3] > 0) at = (at + slotCells) & mask;
      for (let i = 0; i < slotCells; i++) slots[at + i] = before[from + i];
    }
    this.#slots = slots;
  }
}

/** The cell where the search for a key begins, before it is cut to the table. */
function firstOf(low: number, high: number): number {
  const hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return (hash ^ (hash >>> 15)) << 2;
}
