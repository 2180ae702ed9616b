/** Ids of texts by byte-level BPE: each piece of a text is merged once, and then looked up. */
import type { IdList } from "../tokenizing/ids.js";
import { TextUnits, TokenKey } from "../tokenizing/units.js";
import { TokenTable } from "../vocabulary/token-table.js";
import { type Merges, mergeSymbols } from "./merging.js";

/** A vocabulary of bytes, its merges, and what divides texts into pieces that are merged apart. */
export interface ByteBpe {
  /** A global pattern that matches every character, one piece after the other; or the pieces themselves. */
  readonly pieces: RegExp | ((text: string) => readonly string[]);
  /** The id of each byte; −1 where it has none, and is left out. */
  readonly bytes: Int32Array;
  readonly merges: Merges;
  /** The id of a piece that is a token as it stands, whatever the merges say; undefined for none. */
  readonly whole?: ((bytes: Uint8Array) => number | undefined) | undefined;
}

/** Pieces that are kept with their ids, and the units of the longest of them. */
const mostKept = 65_536;
const longestKept = 64;

export class ByteEncoder {
  readonly #of: ByteBpe;
  readonly #utf8 = new TextEncoder();
  readonly #text = new TextUnits();
  readonly #key = new TokenKey();
  #kept = new TokenTable();
  /** Where the ids of each kept piece end. */
  #ends = new Int32Array(mostKept);
  #ids = new Int32Array(4096);
  #bytes = new Uint8Array(3 * longestKept);
  #symbols = new Int32Array(3 * longestKept);

  constructor(of: ByteBpe) {
    this.#of = of;
  }

  /** Appends the ids of a text, without places. */
  encode(text: string, ids: IdList): void {
    const { pieces } = this.#of;
    if (typeof pieces === "function") {
      for (const piece of pieces(text)) this.#piece(this.#text.load(piece), 0, piece.length, ids);
      return;
    }
    pieces.lastIndex = 0;
    const units = this.#text.load(text);
    for (let from = 0; pieces.test(text); from = pieces.lastIndex)
      this.#piece(units, from, pieces.lastIndex, ids);
  }

  #piece({ text, units }: TextUnits, start: number, end: number, ids: IdList): void {
    if (end - start > longestKept) {
      const count = this.#merge(text.slice(start, end));
      for (let i = 0; i < count; i++) ids.push(this.#symbols[i], 0, 0);
      return;
    }
    const known = this.#kept.size;
    const piece = this.#kept.add(units, start, end, this.#key.of(units, start, end));
    if (piece === known) this.#keep(piece, text.slice(start, end));
    for (let i = piece === 0 ? 0 : this.#ends[piece - 1]; i < this.#ends[piece]; i++)
      ids.push(this.#ids[i], 0, 0);
    if (this.#kept.size === mostKept) this.#kept = new TokenTable();
  }

  #keep(piece: number, text: string): void {
    const from = piece === 0 ? 0 : this.#ends[piece - 1];
    const count = this.#merge(text);
    if (from + count > this.#ids.length) {
      const larger = new Int32Array(2 * this.#ids.length);
      larger.set(this.#ids);
      this.#ids = larger;
    }
    this.#ids.set(this.#symbols.subarray(0, count), from);
    this.#ends[piece] = from + count;
  }

  /** How many symbols the piece becomes; they stand in `#symbols`. */
  #merge(piece: string): number {
    if (3 * piece.length > this.#bytes.length) {
      this.#bytes = new Uint8Array(3 * piece.length);
      this.#symbols = new Int32Array(3 * piece.length);
    }
    const { written } = this.#utf8.encodeInto(piece, this.#bytes);
    const { bytes, merges, whole } = this.#of;
    const token = whole?.(this.#bytes.subarray(0, written));
    let count = 0;
    if (token !== undefined) this.#symbols[count++] = token;
    else {
      for (let i = 0; i < written; i++) {
        const id = bytes[this.#bytes[i]];
        if (id >= 0) this.#symbols[count++] = id;
      }
      count = mergeSymbols(this.#symbols, count, merges);
    }
    return count;
  }
}
